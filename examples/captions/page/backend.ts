/** The page's own backend: the user, the vendors, and the token endpoint of each vendor. */
import { source, type Source } from "tempcred/client"

export interface Session {
  readonly user: string
  readonly token: string
  /** True for emulated vendors, which can fail on purpose. */
  readonly emulated: boolean
  readonly vendors: ReadonlyArray<{ readonly id: string; readonly name: string; readonly problem?: string }>
}

let known: Promise<Session> | undefined

const login = async (): Promise<Session> => {
  const response = await fetch("/demo/session", { method: "POST", signal: AbortSignal.timeout(5000) })
  if (!response.ok) throw new Error(`the backend answered ${response.status}`)
  return response.json()
}

/** Logs in to the demo, which has one user. */
export const session = (): Promise<Session> => {
  known ??= login().catch((error: unknown) => {
    known = undefined
    throw error
  })
  return known
}

/** Forgets the login, as the backend no longer knows the user. */
export const logout = (): void => {
  known = undefined
}

export const credentialsOf = (vendor: string): Source =>
  source({
    endpoint: `/speech-token/${vendor}`,
    headers: async () => ({ authorization: `Bearer ${(await session()).token}` })
  })

/** Makes the vendor or its endpoint fail. */
export const fail = async (vendor: string, how: "cut" | "expire" | "down"): Promise<void> => {
  const response = await fetch(`/demo/failures/${vendor}/${how}`, { method: "POST" })
  if (!response.ok) throw new Error(`the backend answered ${response.status}`)
}
