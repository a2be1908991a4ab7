/**
 * Sources of long-lived keys: fixed values, the environment, a file, or any effect. Files and effects
 * are read before every attempt, so that a new key is used without a restart.
 *
 * For key rotation a source can hold several keys, newest first. When the vendor refuses a key, an
 * event is published and the same mint continues with the next key. The refused key is tried again
 * some minutes later.
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
import * as KeyParts from "./key-source/KeyParts.ts"
import * as Keys from "./key-source/Keys.ts"

/**
 * A source of the long-lived keys of one account.
 *
 * @category models
 * @since 0.1.0
 */
export interface KeySource {
  /** Reads the current keys, newest first. An error is never shown, because it could contain a key. */
  readonly keys: Effect.Effect<ReadonlyArray<Redacted.Redacted>, unknown>
  readonly account?: string | undefined
  /** The keys of a source that never changes. Such a source is read only once. */
  readonly fixed?: ReadonlyArray<Redacted.Redacted> | undefined
}

/**
 * Options of a key source.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * A name of the account that stays the same when its keys change, on all machines. Cached and
   * shared credentials belong to this name.
   *
   * @default the fingerprint of the oldest key when the layer is built
   */
  readonly account?: string | undefined
}

/**
 * Joins the parts of a key, such as an id and a signing secret, into one key that a source can hold.
 *
 * @category constructors
 * @since 0.1.0
 */
export const join: (parts: Readonly<Record<string, Redacted.Redacted | undefined>>) => Redacted.Redacted = KeyParts.join

/**
 * Makes a source of fixed keys: one, or several with the newest first.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fixed = (
  keys: Redacted.Redacted | readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>],
  options?: Options
): KeySource => {
  const all = Redacted.isRedacted(keys) ? [keys] : keys
  return { keys: Effect.succeed(all), account: options?.account, fixed: all }
}

/**
 * Makes a source from an effect that returns one key, or several with the newest first. It runs
 * before every attempt, within the attempt's time limit: use `Effect.cachedWithTTL` for a secret
 * manager. While it fails, the previous keys stay in use.
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
 * Makes a source from a file with one key on each line, newest first. The file is read before every
 * attempt: directly on Node, Bun and Deno, elsewhere through Effect's `FileSystem`. While it is
 * missing, empty or malformed, the previous keys stay in use.
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
 * Makes a source from an environment variable with one key, or from the file that `<name>_FILE`
 * names. The file is read before every attempt.
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
