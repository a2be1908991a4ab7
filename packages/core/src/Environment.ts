/**
 * Reads configuration from environment variables when a layer is built, or from the
 * `ConfigProvider` that the app provides. Values are trimmed, and an empty variable counts as not
 * set. Surrounding quotation marks and control characters are errors that name the variable, never
 * its value.
 *
 * ```ts
 * import * as Environment from "@tempcred/core/Environment"
 * import * as ConfigProvider from "effect/ConfigProvider"
 * import * as Effect from "effect/Effect"
 *
 * const options = Environment.load(Environment.value("ACME_RETRIES", Environment.wholeNumber(0, 10)))
 * const read = (env: Record<string, string>) =>
 *   options.pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))))
 *
 * console.log(await Effect.runPromise(read({ ACME_RETRIES: " 3\n" }))) // => 3
 * const error = await Effect.runPromise(Effect.flip(read({ ACME_RETRIES: '"3"' })))
 * console.log(error.message) // => ACME_RETRIES begins or ends with a quotation mark: write it without quotation marks
 * ```
 *
 * @since 0.1.0
 */

import type * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { ConfigurationError } from "./ConfigurationError.ts"
import { fromConfigError } from "./environment/ConfigErrors.ts"
import type { Format } from "./environment/Format.ts"
import * as Misspelt from "./environment/Misspelt.ts"
import * as Text from "./environment/Text.ts"
import * as Variable from "./environment/Variable.ts"

export { collector, type Collector } from "./environment/Collector.ts"
export { checkSecret } from "./environment/Secret.ts"
export {
  boolean,
  duration,
  type Format,
  isRedisUrl,
  ofSchema,
  oneOf,
  redisMissing,
  wholeNumber,
  wholeSeconds,
  word
} from "./environment/Format.ts"
export { choose, variables } from "./environment/Names.ts"
export { split } from "./environment/Text.ts"
export { provider } from "./environment/Variable.ts"

/**
 * Runs `read` with the current environment. Fails with all problems at once, including misspelt
 * `TEMPCRED_*` variables and unknown variables that start with one of `prefixes`.
 *
 * @category configuration
 * @since 0.1.0
 */
export const load = Effect.fnUntraced(function* <A, R>(
  read: Effect.Effect<A, Config.ConfigError | ConfigurationError, R>,
  prefixes: ReadonlyArray<string> = []
): Effect.fn.Return<A, ConfigurationError, R> {
  const current = yield* Variable.provider
  const misspelt = yield* Misspelt.find(current, prefixes)
  const result = yield* Effect.result(Effect.provideService(read, ConfigProvider.ConfigProvider, current))
  if (result._tag === "Success" && misspelt.length === 0) return result.success
  const issues = result._tag === "Success" ? [] : ofError(result.failure).issues
  return yield* new ConfigurationError({ issues: [...issues, ...misspelt] })
})

const ofError = (error: Config.ConfigError | ConfigurationError): ConfigurationError =>
  error instanceof ConfigurationError ? error : fromConfigError(error)

const checked = (
  name: string,
  items: ReadonlyArray<string>,
  problemOf: (item: string) => string | undefined
): Effect.Effect<void, ConfigurationError> => {
  const problem = items.map(problemOf).find((one) => one !== undefined)
  return problem === undefined ? Effect.void : Variable.refuse(name, problem)
}

/**
 * Reads an optional variable.
 *
 * @category configuration
 * @since 0.1.0
 */
export const text = (name: string): Effect.Effect<string | undefined, ConfigurationError> =>
  Effect.tap(Variable.read(name), (found) => checked(name, found === undefined ? [] : [found], Text.problemOf))

/**
 * Reads and parses an optional variable.
 *
 * @category configuration
 * @since 0.1.0
 */
export const value = <A>(name: string, format: Format<A>): Effect.Effect<A | undefined, ConfigurationError> =>
  Effect.flatMap(text(name), (found) => {
    if (found === undefined) return Effect.succeed(undefined)
    return Effect.fromOption(format.parse(found)).pipe(Effect.mapError(() => Variable.refuse(name, format.rule)))
  })

/**
 * Reads an optional list, whose items are separated by commas or line breaks.
 *
 * @category configuration
 * @since 0.1.0
 */
export const list = (name: string): Effect.Effect<ReadonlyArray<string> | undefined, ConfigurationError> =>
  Effect.flatMap(Variable.read(name), (found) => {
    if (found === undefined) return Effect.succeed(undefined)
    const items = Text.split(found)
    return Effect.as(checked(name, items, Text.itemProblemOf), items)
  })

/**
 * Reads a required variable with `text`, `secret` or another reader.
 *
 * @category configuration
 * @since 0.1.0
 */
export const required = <A>(
  name: string,
  read: (name: string) => Effect.Effect<A | undefined, ConfigurationError>
): Effect.Effect<A, ConfigurationError> =>
  Effect.flatMap(read(name), (found) =>
    found === undefined ? Variable.refuse(name, "is not set") : Effect.succeed(found)
  )

/** Reads the trimmed text of a secret, and the name of the variable that it comes from. */
const heldBy = Effect.fnUntraced(function* (
  name: string
): Effect.fn.Return<{ readonly source: string; readonly held: string } | undefined, ConfigurationError> {
  const place = yield* Variable.placeOf(name)
  if (place === undefined) return undefined
  if (place.in === "variable") return { source: name, held: place.held }
  const source = place.variable
  const found = yield* Effect.mapError(place.read(place.path), (reason) =>
    Variable.refuse(source, `names a file that cannot be read (${reason})`)
  )
  const held = Text.trim(found)
  return held === "" ? yield* Variable.refuse(source, "names a file that is empty") : { source, held }
})

/**
 * Reads an optional secret from its variable, or from the file that `<name>_FILE` names.
 *
 * @category configuration
 * @since 0.1.0
 */
export const secret = Effect.fnUntraced(function* (
  name: string
): Effect.fn.Return<Redacted.Redacted | undefined, ConfigurationError> {
  const found = yield* heldBy(name)
  if (found === undefined) return undefined
  yield* checked(found.source, [found.held], Text.secretProblemOf)
  return Redacted.make(found.held)
})

/**
 * Reads an optional list of secrets, as `secret` does. A file can have one item on each line.
 *
 * @category configuration
 * @since 0.1.0
 */
export const secretList = Effect.fnUntraced(function* (
  name: string
): Effect.fn.Return<ReadonlyArray<Redacted.Redacted> | undefined, ConfigurationError> {
  const found = yield* heldBy(name)
  if (found === undefined) return undefined
  const items = Text.split(found.held)
  yield* checked(found.source, items, Text.problemOf)
  return items.map((item) => Redacted.make(item))
})
