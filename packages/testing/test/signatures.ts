/** Signatures by WebCrypto. */
import * as Effect from "effect/Effect"

const bytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text))

/** Signs a text with HMAC-SHA256. */
export const hmac = (secret: string | Uint8Array<ArrayBuffer>, text: string): Effect.Effect<Uint8Array<ArrayBuffer>> =>
  Effect.promise(async () => {
    const raw = typeof secret === "string" ? bytes(secret) : secret
    const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"])
    return new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(text)))
  })

/** Hashes a text with SHA-256. */
export const sha256 = (text: string): Effect.Effect<Uint8Array<ArrayBuffer>> =>
  Effect.promise(async () => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes(text))))

export { encode as hex } from "effect/encoding/Hex"
