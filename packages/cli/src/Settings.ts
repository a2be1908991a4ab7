/**
 * What a command is configured by: the environment, over a file where one is named, over nothing.
 *
 * @since 0.1.0
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { readFile } from "node:fs/promises"
import { parseEnv } from "node:util"
import { Failure } from "./Failure.ts"
import { Surroundings } from "./Surroundings.ts"

/**
 * Variables by name.
 *
 * @category models
 * @since 0.1.0
 */
export type Variables = Readonly<Record<string, string>>

const Flat = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))

const decodeFlat = Schema.decodeUnknownEffect(Schema.fromJsonString(Flat))

const refuse = (path: string, summary: string): Failure =>
  new Failure({
    fault: "configuration",
    summary: `${path} ${summary}`,
    advice: "Name a file of NAME=value lines, or a .json file with one object of names and values."
  })

const readVariables = Effect.fnUntraced(function* (path: string): Effect.fn.Return<Variables, Failure> {
  const text = yield* Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) =>
      refuse(path, `cannot be read (${Predicate.hasProperty(cause, "code") ? String(cause.code) : "unknown"})`)
  })
  if (path.endsWith(".json")) {
    const decoded = yield* Effect.mapError(decodeFlat(text), () =>
      refuse(path, "is no JSON object of texts, numbers and booleans")
    )
    return Object.fromEntries(Object.entries(decoded).map(([name, value]) => [name, String(value)]))
  }
  return Object.fromEntries(Object.entries(parseEnv(text)).map(([name, value]) => [name, value ?? ""]))
})

/**
 * Reads the variables of the environment and, where it has none, of a file of `NAME=value` lines or of JSON. An empty variable is none.
 *
 * @category constructors
 * @since 0.1.0
 */
export const read = Effect.fnUntraced(function* (file: string | undefined): Effect.fn.Return<Variables, Failure> {
  const { env } = yield* Surroundings
  const environment = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, value] as const]
  )
  return { ...(file === undefined ? {} : yield* readVariables(file)), ...Object.fromEntries(environment) }
})

/**
 * Makes variables what `Config` reads.
 *
 * @category constructors
 * @since 0.1.0
 */
export const provider = (variables: Variables): ConfigProvider.ConfigProvider =>
  ConfigProvider.fromEnv({ env: variables })
