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
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { ConfigurationError, fromConfigError } from "./ConfigurationError.ts"

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
 * Makes a source of a file with one key on each line, newest first. While it is missing, empty or holds anything that is no key, the keys that it held
 * before stay in use.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromFile = (path: string, options?: Options): Effect.Effect<KeySource, never, FileSystem.FileSystem> =>
  FileSystem.FileSystem.useSync((files) =>
    fromEffect(
      Effect.map(files.readFileString(path), (text) =>
        text.split(/\r?\n/).flatMap((line) => (line === "" ? [] : Redacted.make(line)))
      ),
      options
    )
  )

/**
 * Makes a source of an environment variable that holds one key, or, where `<name>_FILE` is set instead, of the file that it names: only then is
 * Effect's `FileSystem` needed.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromConfig = Effect.fnUntraced(function* (
  name: string,
  options?: Options
): Effect.fn.Return<KeySource, ConfigurationError> {
  const fileName = `${name}_FILE`
  const { key, path } = yield* Config.all({
    key: Config.option(Config.Redacted(name)),
    path: Config.option(Config.String(fileName))
  }).pipe(Effect.mapError(fromConfigError))
  const refuse = (variable: string, message: string) =>
    new ConfigurationError({ issues: [{ name: variable, message }] })
  if (Option.isNone(path)) {
    return Option.isSome(key) ? fixed(key.value, options) : yield* refuse(name, "is not set")
  }
  if (Option.isSome(key)) return yield* refuse(fileName, `is set, and so is ${name}: keep one of them`)
  const files = yield* Effect.serviceOption(FileSystem.FileSystem)
  if (Option.isNone(files)) {
    return yield* refuse(fileName, "needs a FileSystem: provide that of the platform, such as NodeFileSystem.layer")
  }
  return yield* Effect.provideService(fromFile(path.value, options), FileSystem.FileSystem, files.value)
})
