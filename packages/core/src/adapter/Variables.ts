/**
 * Reads an adapter's options from environment variables. Programs that pass options in code do not
 * load this module.
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { ConfigurationError } from "../ConfigurationError.ts"
import * as Environment from "../Environment.ts"
import { collect } from "../environment/Collector.ts"
import * as Variable from "../environment/Variable.ts"
import { join } from "../key-source/KeyParts.ts"
import * as Keys from "../key-source/Keys.ts"
import * as KeySource from "../KeySource.ts"
import type { Option, OptionsOf, Part, Table } from "./Options.ts"

/** Reads a table's options from environment variables. The error lists all missing and malformed variables. */
export const read = <T extends Table>(table: T): Effect.Effect<OptionsOf<T>, ConfigurationError> =>
  Environment.load(
    collect(
      Effect.fnUntraced(function* (reading) {
        const values: Record<string, unknown> = {}
        for (const [name, option] of Object.entries(table)) values[name] = yield* reading(readerOf(option))
        return values
      })
    )
  ).pipe(
    Effect.filterOrElse(
      (values) => isComplete(table, values),
      () => Effect.die("an option from the environment does not have its declared type")
    )
  )

const isComplete = <T extends Table>(table: T, values: unknown): values is OptionsOf<T> =>
  Object.entries(table).every(([name, option]) => {
    const given: unknown = Predicate.hasProperty(values, name) ? values[name] : undefined
    return given === undefined ? !option.isRequired : option.is(given)
  })

/** Reads one option; `undefined` if it has no variable, or if its optional variable is not set. */
const readerOf = (option: Option<unknown>): Effect.Effect<unknown, ConfigurationError> => {
  const [variable] = option.variables
  if (option.parts !== undefined) return readParts(Object.entries(option.parts))
  if (variable === undefined) return Effect.void
  if (option.kind === "key") return KeySource.fromConfig(variable)
  return option.isRequired ? Environment.required(variable, Environment.text) : Environment.text(variable)
}

type All = ReadonlyArray<readonly [string, Part]>

/** Reads the parts of a key, each from its variable or file. The error lists all missing and malformed parts. */
const readParts = (all: All): Effect.Effect<KeySource.KeySource, ConfigurationError> =>
  collect(
    Effect.fnUntraced(function* (reading) {
      const sources: Array<readonly [string, KeySource.KeySource]> = []
      for (const [name, part] of all) {
        const source = yield* reading(sourceOf(part))
        if (source !== undefined) sources.push([name, source])
      }
      return joined(sources)
    })
  )

const sourceOf = Effect.fnUntraced(function* ({
  isOptional,
  variable
}: Part): Effect.fn.Return<KeySource.KeySource | undefined, ConfigurationError> {
  if (isOptional === true && (yield* Variable.placeOf(variable)) === undefined) return undefined
  const source = yield* KeySource.fromConfig(variable)
  const [message] = source.fixed === undefined ? [] : Keys.problemsOf(source.fixed)
  if (message !== undefined) return yield* new ConfigurationError({ issues: [{ name: variable, message }] })
  return source
})

/** Combines the sources of a key's parts into one source of the whole key. */
const joined = (sources: ReadonlyArray<readonly [string, KeySource.KeySource]>): KeySource.KeySource => {
  const fixed = sources.map(([name, source]) => [name, source.fixed?.[0]] as const)
  if (fixed.every(([, key]) => key !== undefined)) return KeySource.fixed(join(Object.fromEntries(fixed)))
  return KeySource.fromEffect(
    Effect.flatMap(
      Effect.forEach(sources, ([name, { keys }]) => Effect.map(keys, (held) => ({ name, held }))),
      (lists) => {
        const [first] = lists
        const length = first?.held.length ?? 0
        if (lists.some(({ held }) => held.length !== length || Keys.problemsOf(held).length > 0)) {
          return Effect.fail("the files do not hold the same number of keys")
        }
        return Effect.succeed(
          Array.from({ length }, (_, index) =>
            join(Object.fromEntries(lists.map(({ held, name }) => [name, held[index]])))
          )
        )
      }
    )
  )
}
