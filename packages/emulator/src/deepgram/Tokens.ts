/**
 * Temporary tokens: signed, valid for any number of requests until they expire, and not for management.
 *
 * The claims are those of the sample in https://developers.deepgram.com/docs/token-based-authentication (read
 * 2026-11-21), and a `jti`, which distinguishes two tokens of one second.
 */
import type { Clock } from "../Emulator.ts"
import * as Issued from "../Issued.ts"
import * as Jwt from "../Jwt.ts"

/** A temporary token that was granted. */
export interface IssuedToken {
  readonly token: string
  /** Milliseconds since the epoch, of a whole second. */
  readonly expiresAt: number
  /** The number of requests and upgrades that it has opened. */
  readonly uses: number
}

/** The tokens of one emulator. */
export interface Tokens {
  /** Makes a token with this ttl in seconds. */
  readonly grant: (ttlSeconds: number) => Promise<IssuedToken>
  /** Counts a use of the token; returns false if it is unknown or has expired. */
  readonly use: (token: string) => boolean
  readonly issued: () => ReadonlyArray<IssuedToken>
  readonly expireAll: () => void
}

/** Makes an empty store. */
export const make = (clock: Clock): Tokens => {
  const issued = Issued.make<IssuedToken>(clock)
  const sign = Jwt.hs256()
  const project = crypto.randomUUID()
  const accessor = crypto.randomUUID()
  return {
    grant: async (ttlSeconds) => {
      const exp = Math.floor(clock.now() / 1000 + ttlSeconds)
      const token = await sign({
        sub: project,
        exp,
        subject: project,
        scopes: ["asr:write"],
        project_claims: ["usage:write"],
        accessor,
        accessor_generation: 0,
        created: new Date(clock.now()).toISOString(),
        jti: crypto.randomUUID()
      })
      return issued.set(token, { token, expiresAt: exp * 1000, uses: 0 })
    },
    use: (token) => {
      const found = issued.find(token)
      if (found === undefined) return false
      issued.set(token, { ...found, uses: found.uses + 1 })
      return true
    },
    issued: issued.all,
    expireAll: issued.expireAll
  }
}
