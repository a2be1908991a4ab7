/**
 * Reads variables from the current environment or from the app's `ConfigProvider`. Reads secrets also
 * from files.
 */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { ConfigurationError } from "../ConfigurationError.ts"
import { fromConfigError } from "./ConfigErrors.ts"
import * as Files from "./Files.ts"
import * as Names from "./Names.ts"
import * as Text from "./Text.ts"

/** Makes the error of one variable. */
export const refuse = (name: string, message: string): ConfigurationError =>
  new ConfigurationError({ issues: [{ name, message }] })

/**
 * Returns the app's own `ConfigProvider`, or a new one that reads the current environment. Effect's
 * default provider would return the first values for the whole process.
 */
export const provider: Effect.Effect<ConfigProvider.ConfigProvider, ConfigurationError> = Effect.flatMap(
  Effect.context(),
  (context) => {
    const own = Context.getOrUndefined(context, ConfigProvider.ConfigProvider)
    return own === undefined ? environment : Effect.succeed(own)
  }
)

const environment = Effect.try({
  try: () => ConfigProvider.fromEnv(),
  catch: (cause) => {
    const isDenied = Predicate.hasProperty(cause, "name") && /^(NotCapable|PermissionDenied)$/.test(String(cause.name))
    return refuse(
      "the environment",
      isDenied ? "cannot be read: on Deno, allow it with --allow-env" : "cannot be read by this runtime"
    )
  }
})

/** Reads the trimmed text of a variable; `undefined` if it is not set, empty, or set by the platform for a service. */
export const read = (name: string): Effect.Effect<string | undefined, ConfigurationError> =>
  Effect.flatMap(provider, (current) =>
    Config.option(Config.String(name))
      .parse(current)
      .pipe(
        Effect.mapError(fromConfigError),
        Effect.map((found) => {
          const set = Text.trim(Option.getOrElse(found, () => ""))
          return set === "" || Names.isServiceLink(name, set) ? undefined : set
        })
      )
  )

/** The place of a secret: its own variable, or the file that `variable` names. */
export type Place =
  | { readonly in: "variable"; readonly held: string }
  | { readonly in: "file"; readonly variable: string; readonly path: string; readonly read: Files.ReadFile }

/**
 * Finds a secret by its variable, or by the file that `<name>_FILE` names. Fails if both are set,
 * or if the runtime has no files.
 */
export const placeOf = Effect.fnUntraced(function* (
  name: string
): Effect.fn.Return<Place | undefined, ConfigurationError> {
  const variable = `${name}_FILE`
  const [held, path] = yield* Effect.all([read(name), read(variable)])
  if (path === undefined) return held === undefined ? undefined : { in: "variable", held }
  if (held !== undefined) return yield* refuse(variable, `is set, and so is ${name}: keep one of them`)
  const problem = Text.problemOf(path)
  if (problem !== undefined) return yield* refuse(variable, problem)
  const reader = yield* Files.reader
  if (reader !== undefined) return { in: "file", variable, path, read: reader }
  return yield* refuse(
    variable,
    `cannot be used, as this runtime has no files: set ${name}, or provide Effect's FileSystem`
  )
})
