/**
 * The page's own backend: who the user is, which vendors there are, and the token endpoint of each.
 */
import { source, type Source } from "@tempcred/client"

export interface Session {
  readonly user: string
  readonly token: string
  /** Whether the vendors are emulated, so that failures can be rehearsed. */
  readonly emulated: boolean
  readonly vendors: ReadonlyArray<{ readonly id: string; readonly name: string; readonly missing?: string }>
}

let known: Promise<Session> | undefined

const login = async (): Promise<Session> => {
  const response = await fetch("/demo/session", { method: "POST", signal: AbortSignal.timeout(5000) })
  if (!response.ok) throw new Error(`the backend answered ${response.status}`)
  return response.json()
}

/** The demo's login: everybody who opens the page is its one user. */
export const session = (): Promise<Session> => {
  known ??= login().catch((error: unknown) => {
    known = undefined
    throw error
  })
  return known
}

/** Logs in anew next time, as the backend no longer knows the user. */
export const logout = (): void => {
  known = undefined
}

export const credentialsOf = (vendor: string): Source =>
  source({
    endpoint: `/${vendor}/v1/credentials`,
    headers: async () => ({ authorization: `Bearer ${(await session()).token}` })
  })

export const rehearse = async (vendor: string, what: string): Promise<void> => {
  await fetch(`/demo/rehearsals/${vendor}/${what}`, { method: "POST" })
}
