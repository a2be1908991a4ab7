/** The minted credentials of an emulator. */
import type { Clock } from "./Clock.ts"

/** The minted credentials of an emulator, by their secret. */
export interface Issued<A extends { readonly expiresAt: number }> {
  /** Returns all credentials in order of their mint, including expired ones. */
  readonly all: () => ReadonlyArray<A>
  /** Adds a credential, or replaces it. */
  readonly set: (secret: string, credential: A) => A
  /** Finds a credential, expired or not. */
  readonly get: (secret: string) => A | undefined
  /** Finds a credential that has not expired. */
  readonly find: (secret: string) => A | undefined
  /** Expires every credential now. */
  readonly expireAll: () => void
}

/** Makes an empty store. */
export const make = <A extends { readonly expiresAt: number }>(clock: Clock): Issued<A> => {
  const issued = new Map<string, A>()
  return {
    all: () => [...issued.values()],
    set: (secret, credential) => {
      issued.set(secret, credential)
      return credential
    },
    get: (secret) => issued.get(secret),
    find: (secret) => {
      const found = issued.get(secret)
      return found !== undefined && clock.now() < found.expiresAt ? found : undefined
    },
    expireAll: () => {
      const expiresAt = clock.now()
      for (const [secret, credential] of issued) issued.set(secret, { ...credential, expiresAt })
    }
  }
}
