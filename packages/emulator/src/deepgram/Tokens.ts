/**
 * Temporary tokens: signed, valid for any number of requests until they expire, and not for management.
 *
 * The claims are those of the sample in https://developers.deepgram.com/docs/token-based-authentication (read
 * 2026-11-21), and a `jti`, which distinguishes two tokens of one second.
 */
import * as Base64 from "../Base64.ts"
import type { Clock } from "../Emulator.ts"

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
  const issued = new Map<string, IssuedToken>()
  const sign = signer()
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
      const granted = { token, expiresAt: exp * 1000, uses: 0 }
      issued.set(token, granted)
      return granted
    },
    use: (token) => {
      const found = issued.get(token)
      if (found === undefined || clock.now() >= found.expiresAt) return false
      issued.set(token, { ...found, uses: found.uses + 1 })
      return true
    },
    issued: () => [...issued.values()],
    expireAll: () => {
      for (const [token, granted] of issued) issued.set(token, { ...granted, expiresAt: clock.now() })
    }
  }
}

const algorithm = { name: "HMAC", hash: "SHA-256" }

const signer = () => {
  let key: Promise<CryptoKey> | undefined
  const encoder = new TextEncoder()
  const part = (value: unknown) => Base64.encodeUrl(encoder.encode(JSON.stringify(value)))
  return async (claims: unknown): Promise<string> => {
    key ??= crypto.subtle.importKey("raw", crypto.getRandomValues(new Uint8Array(32)), algorithm, false, ["sign"])
    const content = `${part({ typ: "JWT", alg: "HS256" })}.${part(claims)}`
    const signature = await crypto.subtle.sign(algorithm, await key, encoder.encode(content))
    return `${content}.${Base64.encodeUrl(new Uint8Array(signature))}`
  }
}
