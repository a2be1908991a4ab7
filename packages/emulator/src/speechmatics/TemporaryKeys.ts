/**
 * Temporary keys: signed tokens that open one product until they expire. They cannot be listed or revoked.
 *
 * `exp - iat` equals the requested ttl; the header says RS256. The other claims are not documented:
 * https://docs.speechmatics.com/get-started/authentication#temporary-keys (read 2026-11-21).
 */
import type { Clock } from "../Emulator.ts"
import * as Issued from "../Issued.ts"
import * as Jwt from "../Jwt.ts"

/** The product of a temporary key. */
export type Product = "batch" | "rt" | "tts" | "flow"

/** The permissions of a temporary key. */
export interface Grant {
  readonly product: Product
  readonly projectId: number
  readonly clientRef: string | undefined
  readonly region: string | undefined
}

/** A minted temporary key. */
export interface IssuedKey extends Grant {
  readonly key: string
  /** Milliseconds since the epoch, of a whole second. */
  readonly expiresAt: number
}

/** The temporary keys of one emulator. */
export interface TemporaryKeys {
  /** Makes a key with this ttl in seconds. */
  readonly mint: (grant: Grant, ttl: number) => Promise<string>
  /** Returns the permissions of a key, or undefined once it has expired. */
  readonly find: (key: string) => Grant | undefined
  readonly issued: () => ReadonlyArray<IssuedKey>
  readonly expireAll: () => void
}

/** Makes an empty store. */
export const make = (clock: Clock): TemporaryKeys => {
  const issued = Issued.make<IssuedKey>(clock)
  return {
    mint: async (grant, ttl) => {
      const iat = Math.floor(clock.now() / 1000)
      const key = await sign({
        iss: "https://mp.speechmatics.com",
        iat,
        exp: iat + ttl,
        jti: crypto.randomUUID(),
        type: grant.product,
        client_ref: grant.clientRef,
        region: grant.region
      })
      issued.set(key, { ...grant, key, expiresAt: (iat + ttl) * 1000 })
      return key
    },
    find: issued.find,
    issued: issued.all,
    expireAll: issued.expireAll
  }
}

// One key for all emulators, as making an RSA key takes long.
const sign = Jwt.rs256()
