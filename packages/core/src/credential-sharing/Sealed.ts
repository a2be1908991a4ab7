/**
 * Text that only holders of a key can read, and only in the place that it was written for: AES-256-GCM by WebCrypto, with the name of the place as
 * additional data. A sealed text begins with its nonce, which is unique and so serves as its id.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

const nonceBytes = 12

/** Twelve bytes are sixteen characters of base64. */
const idLength = 16

/**
 * Seals with the first of its keys, and opens with any of them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sealer {
  readonly seal: (name: string, text: string) => Effect.Effect<string>
  /** Nothing where the key is another, the name is another, or a bit has changed. */
  readonly open: (name: string, sealed: string) => Effect.Effect<Option.Option<string>>
}

/**
 * Tells sealed texts apart without opening them.
 *
 * @category combinators
 * @since 0.1.0
 */
export const idOf = (sealed: string): string => sealed.slice(0, idLength)

const bytesOf = (key: Redacted.Redacted): Uint8Array<ArrayBuffer> | undefined => {
  // Untyped callers pass anything, such as a variable that is not set.
  const text: unknown = Redacted.isRedacted(key) ? Redacted.value(key) : undefined
  if (!Predicate.isString(text)) return undefined
  const decoded = Base64.decode(text)
  return Result.isSuccess(decoded) && decoded.success.length === 32 ? new Uint8Array(decoded.success) : undefined
}

/**
 * Makes a sealer of keys of 32 bytes in base64, or nothing where one of them is something else.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  keys: readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>]
): Effect.fn.Return<Option.Option<Sealer>> {
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

  const seal = (name: string, text: string) =>
    Effect.promise(async () => {
      const iv = crypto.getRandomValues(new Uint8Array(nonceBytes))
      const sealed = await crypto.subtle.encrypt(algorithm(name, iv), first, new TextEncoder().encode(text))
      return Base64Url.encode(iv) + Base64Url.encode(new Uint8Array(sealed))
    })

  const open = Effect.fnUntraced(function* (name: string, sealed: string) {
    const iv = Result.getOrUndefined(Base64Url.decode(idOf(sealed)))
    const bytes = Result.getOrUndefined(Base64Url.decode(sealed.slice(idLength)))
    if (iv === undefined || bytes === undefined) return Option.none<string>()
    for (const key of imported) {
      const opened = yield* Effect.option(
        Effect.tryPromise(() => crypto.subtle.decrypt(algorithm(name, iv), key, new Uint8Array(bytes)))
      )
      if (Option.isSome(opened)) return Option.some(new TextDecoder().decode(opened.value))
    }
    return Option.none<string>()
  })
  return Option.some({ seal, open })
})

const algorithm = (name: string, iv: Uint8Array): AesGcmParams => ({
  name: "AES-GCM",
  iv: new Uint8Array(iv),
  additionalData: new TextEncoder().encode(name)
})
