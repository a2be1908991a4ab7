/** The option of a long-lived key that consists of several named parts. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { Issue } from "../ConfigurationError.ts"
import { join, split } from "../key-source/KeyParts.ts"
import * as Keys from "../key-source/Keys.ts"
import type * as KeySource from "../KeySource.ts"
import type { Examined, KeyOption, Part } from "./Options.ts"

type OptionalNames<P> = { [N in keyof P]: P[N] extends { readonly isOptional: true } ? N : never }[keyof P]

/** The parts of one key. */
export type PartsOf<P> = { readonly [N in Exclude<keyof P, OptionalNames<P>>]: Redacted.Redacted } & {
  readonly [N in OptionalNames<P>]?: Redacted.Redacted | undefined
}

type Sources<P> = PartsOf<P> | KeySource.KeySource

/**
 * Declares a long-lived key of several parts. The option takes the parts, or a `KeySource` of keys that
 * `KeySource.join` made. If the parts are in files, line n of each file belongs to the same key, newest
 * key first.
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
    parts,
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
