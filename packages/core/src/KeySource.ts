/**
 * Where long-lived keys come from: given, from the environment, from a file, or by any effect. Keys are read before every try, so a
 * new one is used from the next mint on, without a restart and without a timer. Several may overlap while they are rotated, newest first: a refused
 * key is reported and the next one is used in the same mint, and some minutes later it is tried again.
 *
 * ```ts
 * import * as KeySource from "@tempcred/core/KeySource"
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Redacted from "effect/Redacted"
 *
 * const old = Redacted.make(String(process.env["SONIOX_API_KEY"]))
 * const apiKey = KeySource.fixed([Redacted.make("not-yet-known-to-the-vendor"), old], { account: "production" })
 * const minter = Minter.make(Soniox.layer({ apiKey, baseUrl: process.env["SONIOX_API_BASE_URL"] }))
 * const credential = await minter.mint({ purpose: "stt.realtime" })
 * console.log(credential.provider) // => soniox
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { ConfigurationError } from "./ConfigurationError.ts"
import * as Files from "./environment/Files.ts"
import * as Variable from "./environment/Variable.ts"
import * as Keys from "./key-source/Keys.ts"

/**
 * A source of long-lived keys of one account.
 *
 * @category models
 * @since 0.1.0
 */
export interface KeySource {
  /** Reads the keys as they are now, newest first; how it fails is never told, as it may hold a key. */
  readonly keys: Effect.Effect<ReadonlyArray<Redacted.Redacted>, unknown>
  readonly account?: string | undefined
}

/**
 * What is known of the keys beside the keys.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * A name of the account that stays when its keys change, alike in all processes: credentials are held and shared under it.
   *
   * @default the oldest key when the layer is built, by its fingerprint
   */
  readonly account?: string | undefined
}

/**
 * Makes a source of keys that never change: one, or several with the newest first.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fixed = (
  keys: Redacted.Redacted | readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>],
  options?: Options
): KeySource => fromEffect(Effect.succeed(keys), options)

/**
 * Makes a source of any effect that gives one key, or several with the newest first. It runs before every try and within its time-out: give one that
 * asks a secret manager an `Effect.cachedWithTTL`. While it fails, the keys that it gave before stay in use.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromEffect = (
  keys: Effect.Effect<Redacted.Redacted | ReadonlyArray<Redacted.Redacted>, unknown>,
  options?: Options
): KeySource => ({
  keys: Effect.map(keys, (read) => (Redacted.isRedacted(read) ? [read] : read)),
  account: options?.account
})

/**
 * Makes a source of a file with one key on each line, newest first. It is read before every try, on Node, Bun and Deno as it is, and elsewhere by the Effect
 * `FileSystem` at hand. While it is missing, empty or holds anything that is no key, the keys that it held before stay in use.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromFile = (path: string, options?: Options): Effect.Effect<KeySource, ConfigurationError> =>
  Effect.flatMap(Files.reader, (read) =>
    read === undefined
      ? refuse("KeySource.fromFile", "cannot be used, as this runtime has no files: provide Effect's FileSystem")
      : Effect.succeed(ofFile(read, path, options))
  )

const ofFile = (read: Files.ReadFile, path: string, options: Options | undefined): KeySource =>
  fromEffect(
    Effect.map(read(path), (text) => Keys.lines(text)),
    options
  )

const refuse = (name: string, message: string): ConfigurationError =>
  new ConfigurationError({ issues: [{ name, message }] })

/**
 * Makes a source of an environment variable that holds one key, or, where `<name>_FILE` is set instead, of the file that it names, which is read again
 * before every try.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromConfig = Effect.fnUntraced(function* (
  name: string,
  options?: Options
): Effect.fn.Return<KeySource, ConfigurationError> {
  const place = yield* Variable.placeOf(name)
  if (place === undefined) return yield* refuse(name, "is not set")
  if (place.in === "variable") return fixed(Redacted.make(place.held), options)
  const source = ofFile(place.read, place.path, options)
  const problems = yield* Effect.match(place.read(place.path), {
    onFailure: (reason) => [`cannot be read (${reason})`],
    onSuccess: (text) => Keys.problemsOf(Keys.lines(text))
  })
  if (problems.length === 0) return source
  return yield* refuse(place.variable, `names a file that ${problems.join("; ")}`)
})
