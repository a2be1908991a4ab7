/**
 * Encryption of stored texts: AES-256-GCM by WebCrypto, with the name of the scope as additional data.
 * An encrypted text starts with its nonce, which is unique and serves as the id of the text.
 */
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { checkSecret } from "../environment/Secret.ts"

const nonceBytes = 12

/** The length of an id: the twelve bytes of a nonce are sixteen characters of base64url. */
const idLength = 16

/** Encryption with the first key, and decryption with any key. */
export interface Encryption {
  readonly encrypt: (name: string, text: string) => Effect.Effect<string>
  /** Returns `None` if no key decrypts the text, the name differs, or the text was changed. */
  readonly decrypt: (name: string, encrypted: string) => Effect.Effect<Option.Option<string>>
}

/** Returns the id of an encrypted text, without decrypting it. */
export const idOf = (encrypted: string): string => encrypted.slice(0, idLength)

const bytesOf = (key: unknown): Uint8Array<ArrayBuffer> | undefined => {
  const decoded = Result.flatMap(checkSecret(key), (checked) => Base64.decode(Redacted.value(checked)))
  return Result.isSuccess(decoded) && decoded.success.length === 32 ? new Uint8Array(decoded.success) : undefined
}

/** Makes the encryption from keys of 32 bytes in base64; returns `None` if a key is malformed. */
export const make = Effect.fnUntraced(function* (
  keys: readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>]
): Effect.fn.Return<Option.Option<Encryption>> {
  const imported: Array<CryptoKey> = []
  for (const key of keys) {
    const bytes = bytesOf(key)
    if (bytes === undefined) return Option.none()
    imported.push(
      yield* Effect.promise(() => crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]))
    )
  }
  const first = imported[0]
  if (first === undefined) return Option.none()

  const encrypt = (name: string, text: string) =>
    Effect.promise(async () => {
      const iv = crypto.getRandomValues(new Uint8Array(nonceBytes))
      const encrypted = await crypto.subtle.encrypt(algorithm(name, iv), first, new TextEncoder().encode(text))
      return Base64Url.encode(iv) + Base64Url.encode(new Uint8Array(encrypted))
    })

  const decrypt = Effect.fnUntraced(function* (name: string, encrypted: string) {
    const iv = Result.getOrUndefined(Base64Url.decode(idOf(encrypted)))
    const bytes = Result.getOrUndefined(Base64Url.decode(encrypted.slice(idLength)))
    if (iv === undefined || bytes === undefined) return Option.none<string>()
    for (const key of imported) {
      const decrypted = yield* Effect.option(
        Effect.tryPromise(() => crypto.subtle.decrypt(algorithm(name, iv), key, new Uint8Array(bytes)))
      )
      if (Option.isSome(decrypted)) return Option.some(new TextDecoder().decode(decrypted.value))
    }
    return Option.none<string>()
  })
  return Option.some({ encrypt, decrypt })
})

const algorithm = (name: string, iv: Uint8Array): AesGcmParams => ({
  name: "AES-GCM",
  iv: new Uint8Array(iv),
  additionalData: new TextEncoder().encode(name)
})
