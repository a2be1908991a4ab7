/** The option of a long-lived key that consists of several named parts. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { ConfigurationError, type Issue } from "../ConfigurationError.ts"
import * as Environment from "../Environment.ts"
import * as Variable from "../environment/Variable.ts"
import { join, split } from "../key-source/KeyParts.ts"
import * as Keys from "../key-source/Keys.ts"
import * as KeySource from "../KeySource.ts"
import type { Examined, KeyOption } from "./Options.ts"

/** One part of a key. */
export interface Part {
  readonly variable: string
  /** Whether credentials may contain it, such as the id of a key. */
  readonly isPublic?: boolean
  readonly isOptional?: boolean
}

type OptionalNames<P> = { [N in keyof P]: P[N] extends { readonly isOptional: true } ? N : never }[keyof P]

/** The parts of one key. */
export type PartsOf<P> = { readonly [N in Exclude<keyof P, OptionalNames<P>>]: Redacted.Redacted } & {
  readonly [N in OptionalNames<P>]?: Redacted.Redacted | undefined
}

type Sources<P> = PartsOf<P> | KeySource.KeySource

/**
 * Declares a long-lived key of several parts. Its option is the parts, or a `KeySource` of keys that
 * `KeySource.join` made of them. Of files, each line is one key's part, newest first in all of them.
 */
export const keyParts = <const P extends Readonly<Record<string, Part>>>(
  parts: P
): KeyOption<Sources<P>, PartsOf<P>> => {
  const all: ReadonlyArray<readonly [string, Part]> = Object.entries(parts)
  const isKeys = (value: unknown): value is PartsOf<P> =>
    all.every(([name, { isOptional }]) => {
      const part: unknown = Predicate.hasProperty(value, name) ? value[name] : undefined
      return part === undefined ? isOptional === true : Redacted.isRedacted(part)
    })
  const isSource = (value: unknown): value is KeySource.KeySource =>
    Predicate.hasProperty(value, "keys") && Effect.isEffect(value.keys)
  const secretsOf = (key: Redacted.Redacted) => {
    const held = split(key)
    return all.flatMap(([name, { isPublic }]) => (isPublic === true ? [] : (held[name] ?? [])))
  }
  const examine = (option: string, value: unknown): Examined => {
    const form = { split, secretsOf }
    if (isSource(value)) return { issues: [], keys: { [option]: value }, key: value, form }
    const issues = all.flatMap(([name, part]) => {
      const held: unknown = Predicate.hasProperty(value, name) ? value[name] : undefined
      return problemsOf(`${part.variable} (${option}.${name})`, part, held)
    })
    if (issues.length > 0) return { issues }
    const key = join(given(all, value))
    return { issues, keys: { [option]: key }, key, form }
  }
  return {
    kind: "key",
    variables: all.flatMap(([, { isOptional, variable }]) => (isOptional === true ? [] : [variable])),
    optionalVariables: all.flatMap(([, { isOptional, variable }]) => (isOptional === true ? [variable] : [])),
    isRequired: true,
    is: (value) => isSource(value) || isKeys(value),
    isKeys,
    read: readParts(all),
    examine
  }
}

type All = ReadonlyArray<readonly [string, Part]>

const given = (all: All, value: unknown): Readonly<Record<string, Redacted.Redacted>> =>
  Object.fromEntries(
    all.flatMap(([name]) => {
      const held: unknown = Predicate.hasProperty(value, name) ? value[name] : undefined
      return Redacted.isRedacted(held) ? [[name, Redacted.make(String(Redacted.value(held)))] as const] : []
    })
  )

const problemsOf = (name: string, { isOptional }: Part, held: unknown): ReadonlyArray<Issue> => {
  const message = held === undefined && isOptional === true ? undefined : Keys.problemOf(held)
  return message === undefined ? [] : [{ name, message }]
}

/** Reads the parts, each from its variable or file. Fails with everything that is missing or malformed. */
const readParts = (all: All): Effect.Effect<KeySource.KeySource, ConfigurationError> =>
  Environment.collect(
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

/** Makes one source of the sources of each part. */
const joined = (sources: ReadonlyArray<readonly [string, KeySource.KeySource]>): KeySource.KeySource => {
  const fixed = sources.map(([name, source]) => [name, source.fixed?.[0]] as const)
  if (fixed.every(([, key]) => key !== undefined)) return KeySource.fixed(join(Object.fromEntries(fixed)))
  return KeySource.fromEffect(
    Effect.flatMap(
      Effect.forEach(sources, ([name, { keys }]) => Effect.map(keys, (read) => ({ name, read }))),
      (lists) => {
        const [first] = lists
        const length = first?.read.length ?? 0
        if (lists.some(({ read }) => read.length !== length || Keys.problemsOf(read).length > 0)) {
          return Effect.fail("the files do not hold the same number of keys")
        }
        return Effect.succeed(
          Array.from({ length }, (_, index) =>
            join(Object.fromEntries(lists.map(({ name, read }) => [name, read[index]])))
          )
        )
      }
    )
  )
}
