/** The options of an adapter as a table. Each entry declares type, environment variable, check and account identity. */
import * as Duration from "effect/Duration"
import * as OptionValue from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { checkOneOf, checkRegion, checkUrl, type Issue } from "../ConfigurationError.ts"
import * as KeyParts from "../key-source/KeyParts.ts"
import type { Source } from "../key-source/KeyRing.ts"
import * as Keys from "../key-source/Keys.ts"
import { Length } from "../mint-request/Fields.ts"

/** The result of checking the value of one option. */
export interface Examined {
  readonly issues: ReadonlyArray<Issue>
  /** The long-lived keys by their names in errors. */
  readonly keys?: Readonly<Record<string, Source>>
  /** The key for regions without their own key, and its form. */
  readonly key?: Source
  readonly form?: KeyParts.KeyForm
  /** The keys of further regions. */
  readonly regionKeys?: Readonly<Record<string, Source>>
  /** The region for requests without one. */
  readonly region?: string | undefined
  /** The values that are part of the account's identity. */
  readonly identity?: ReadonlyArray<string | undefined>
}

/** One part of a key. */
export interface Part {
  readonly variable: string
  /** Whether credentials may contain this part, such as the id of a key. */
  readonly isPublic?: boolean
  readonly isOptional?: boolean
}

/** One option of an adapter. `IsRequired` tells whether the option must be given. */
export interface Option<A, IsRequired extends boolean = boolean> {
  readonly kind: "key" | "regionKeys" | "region" | "url" | "value"
  /** The environment variables that hold the option's value. */
  readonly variables: ReadonlyArray<string>
  /** Further variables, which hold optional parts of the value. */
  readonly optionalVariables?: ReadonlyArray<string>
  readonly isRequired: IsRequired
  readonly is: (value: unknown) => value is A
  /** Tells whether a key has the declared parts. Only the option of the long-lived key has this function. */
  readonly isKeys?: (parts: unknown) => boolean
  /** The parts of a long-lived key that has several. */
  readonly parts?: Readonly<Record<string, Part>>
  /** Checks a value. `name` is the option's name. */
  readonly examine: (name: string, value: unknown) => Examined
}

/** The option of the long-lived key, which consists of the parts `K`. */
export interface KeyOption<A, K> extends Option<A, true> {
  readonly isKeys: (parts: unknown) => parts is K
}

/** The options of an adapter by name. */
export type Table = Readonly<Record<string, Option<unknown>>>

type RequiredNames<T> = { [K in keyof T]: T[K] extends { readonly isRequired: true } ? K : never }[keyof T]

type ValueOf<O> = O extends { readonly is: (value: unknown) => value is infer A } ? A : never

/** The values of a table's options. Editors show the doc comments of the table for them. */
export type OptionsOf<T> = { readonly [K in keyof Pick<T, RequiredNames<T>>]: ValueOf<T[K]> } & {
  readonly [K in keyof Pick<T, Exclude<keyof T, RequiredNames<T>>>]?: ValueOf<T[K]> | undefined
}

/** The parts of the key in use. A key of one part has the name `key`. */
export type KeysOf<T> = {
  [N in keyof T]: T[N] extends { readonly isKeys: (parts: unknown) => parts is infer K } ? K : never
}[keyof T]

const named = (name: string, variable: string | undefined): string =>
  variable === undefined ? name : `${variable} (${name})`

const isSource = (value: unknown): value is Source => Redacted.isRedacted(value) || Predicate.hasProperty(value, "keys")

const isSources = (value: unknown): value is Readonly<Record<string, Source>> =>
  Predicate.isObject(value) && Object.values(value).every(isSource)

/** Returns the error of a value that is not a key. Untyped callers may pass anything, such as an unset variable. */
const unusable = (name: string, value: unknown): Examined => ({
  issues: [{ name, message: Keys.problemOf(value) ?? "must be a Redacted or a KeySource" }]
})

/** Declares the long-lived key. */
export const key = (variable: string): KeyOption<Source, { readonly key: Redacted.Redacted }> => ({
  kind: "key",
  variables: [variable],
  isRequired: true,
  is: isSource,
  isKeys: (parts): parts is { readonly key: Redacted.Redacted } =>
    Predicate.hasProperty(parts, "key") && Redacted.isRedacted(parts.key),
  examine: (option, value) => {
    const name = named(option, variable)
    return isSource(value)
      ? { issues: [], keys: { [name]: value }, key: value, form: KeyParts.single }
      : unusable(name, value)
  }
})

type Check = (name: string, value: string | undefined) => ReadonlyArray<Issue>

const anything: Check = () => []

const oneOf =
  (allowed: ReadonlyArray<string>): Check =>
  (name, value) =>
    checkOneOf(name, value, allowed)

/** Declares the keys of further regions, each in `allowed` or with any valid region name. */
export const regionKeys = (allowed?: ReadonlyArray<string>): Option<Readonly<Record<string, Source>>, false> => {
  const check = allowed === undefined ? checkRegion : oneOf(allowed)
  return {
    kind: "regionKeys",
    variables: [],
    isRequired: false,
    is: isSources,
    examine: (name, value) => {
      if (value === undefined) return { issues: [] }
      if (!isSources(value)) {
        const wrong = Object.entries(Predicate.isObject(value) ? value : {}).filter(([, one]) => !isSource(one))
        return { issues: wrong.flatMap(([region, one]) => unusable(`${name}.${region}`, one).issues) }
      }
      return {
        issues: Object.keys(value).flatMap((region) => check(name, region)),
        keys: Object.fromEntries(Object.entries(value).map(([region, one]) => [`${name}.${region}`, one])),
        regionKeys: value
      }
    }
  }
}

interface TextOption extends Pick<Option<string>, "kind"> {
  readonly check: Check
  readonly examined: (value: string | undefined) => Omit<Examined, "issues">
}

const textOption = (variable: string, { check, examined, kind }: TextOption): Option<string, false> => ({
  kind,
  variables: [variable],
  isRequired: false,
  is: Predicate.isString,
  examine: (option, value) => {
    const name = named(option, variable)
    if (value !== undefined && !Predicate.isString(value)) return { issues: [{ name, message: "must be text" }] }
    return { issues: check(name, value), ...examined(value) }
  }
})

/** Declares the region for requests without one: one of `allowed`, or any valid region name. */
export const region = (
  variable: string,
  { allowed, otherwise }: { readonly allowed?: ReadonlyArray<string>; readonly otherwise?: string } = {}
): Option<string, false> =>
  textOption(variable, {
    kind: "region",
    check: allowed === undefined ? checkRegion : oneOf(allowed),
    examined: (value = otherwise) => ({ region: value, identity: [value] })
  })

/** Declares a base URL or a WebSocket URL. */
export const url = (variable: string, scheme: "https" | "wss" = "https"): Option<string, false> =>
  textOption(variable, {
    kind: "url",
    check: (name, value) => checkUrl(name, value, scheme),
    examined: (value) => ({ identity: [value] })
  })

/** Declares a text: one of a list, a text that passes a check, or any text. */
export const text = (variable: string, allowed: Check | ReadonlyArray<string> = anything): Option<string, false> =>
  textOption(variable, {
    kind: "value",
    check: typeof allowed === "function" ? allowed : oneOf(allowed),
    examined: (value) => ({ identity: [value] })
  })

/** Makes an option required. */
export const required = <A>(option: Option<A>): Option<A, true> => {
  const [variable] = option.variables
  const missing = (name: string): Issue => ({ name: named(name, variable), message: "is not set" })
  return {
    ...option,
    isRequired: true,
    examine: (name, value) => (value === undefined ? { issues: [missing(name)] } : option.examine(name, value))
  }
}

/** Declares a value without an environment variable. It is not part of the account's identity. */
export const value = <A>(
  is: (value: unknown) => value is A,
  problemOf: (value: unknown) => string | undefined
): Option<A, false> => ({
  kind: "value",
  variables: [],
  isRequired: false,
  is,
  examine: (name, given) => {
    const message = given === undefined ? undefined : problemOf(given)
    return { issues: message === undefined ? [] : [{ name, message }] }
  }
})

const decodeLength = Schema.decodeUnknownOption(Length)

const isLength = (given: unknown): given is Length => OptionValue.isSome(decodeLength(given))

/** Declares a duration in whole seconds within a range. */
export const seconds = (min: number, max: number): Option<Length, false> =>
  value(isLength, (given) => {
    const length = OptionValue.match(decodeLength(given), { onNone: () => Number.NaN, onSome: Duration.toSeconds })
    return Number.isInteger(length) && length >= min && length <= max
      ? undefined
      : `must be whole seconds with their unit, ${min} to ${max}`
  })

/** Tells whether a key has the parts that its option declares. */
export const hasKeys = <T extends Table>(table: T, parts: unknown): parts is KeysOf<T> =>
  Object.values(table).some(({ isKeys }) => isKeys?.(parts) === true)

/** Checks the values of a table's options. */
export const examine = (table: Table, values: object): ReadonlyArray<Examined> =>
  Object.entries(table).map(([name, option]) =>
    option.examine(name, Predicate.hasProperty(values, name) ? values[name] : undefined)
  )
