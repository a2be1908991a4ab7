/** What a command is configured by: the environment, over a file where one is named, over nothing. */
import { connect } from "@tempcred/redis/Redis"
import type { Options } from "@tempcred/server/ServerConfig"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { readFile } from "node:fs/promises"
import { parseEnv } from "node:util"
import { Failure } from "./Failure.ts"
import { ProcessIO } from "./ProcessIO.ts"

/** Variables by name. */
export type Variables = Readonly<Record<string, string>>

const Flat = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))

const decodeFlat = Schema.decodeUnknownEffect(Schema.fromJsonString(Flat))

/** It leaves out a byte order mark, and refuses what some editors and shells of Windows write. */
const utf8 = new TextDecoder("utf-8", { fatal: true })

const refuse = (path: string, summary: string): Failure =>
  new Failure({
    fault: "configuration",
    summary: `${path} ${summary}`,
    advice: "Name a file of NAME=value lines, or a .json file with one object of names and values."
  })

const unreadable = new Failure({
  fault: "configuration",
  summary: "the environment cannot be read",
  advice: "On Deno, allow it with --allow-env."
})

const readVariables = Effect.fnUntraced(function* (path: string): Effect.fn.Return<Variables, Failure> {
  const bytes = yield* Effect.tryPromise({
    try: () => readFile(path),
    catch: (cause) =>
      refuse(path, `cannot be read (${Predicate.hasProperty(cause, "code") ? String(cause.code) : "unknown"})`)
  })
  const text = yield* Effect.try({
    try: () => utf8.decode(bytes),
    catch: () => refuse(path, "is not encoded in UTF-8")
  })
  if (path.endsWith(".json")) {
    const decoded = yield* Effect.mapError(decodeFlat(text), () =>
      refuse(path, "is no JSON object of texts, numbers and booleans")
    )
    return Object.fromEntries(Object.entries(decoded).map(([name, value]) => [name, String(value)]))
  }
  return Object.fromEntries(Object.entries(parseEnv(text)).map(([name, value]) => [name, value ?? ""]))
})

/** Reads the variables of the environment and, where it has none, of a file of `NAME=value` lines or of JSON. An empty or blank variable is none. */
export const read = Effect.fnUntraced(function* (file: string | undefined): Effect.fn.Return<Variables, Failure> {
  const { env } = yield* ProcessIO
  const set = yield* Effect.try({ try: () => Object.entries(env), catch: () => unreadable })
  const environment = set.flatMap(([name, value]) =>
    value === undefined || value.trim() === "" ? [] : [[name, value] as const]
  )
  return { ...(file === undefined ? {} : yield* readVariables(file)), ...Object.fromEntries(environment) }
})

/** Makes variables what `Config` reads. */
export const provider = (variables: Variables): ConfigProvider.ConfigProvider =>
  ConfigProvider.fromEnv({ env: variables })

/** Configuration of the token endpoint: its port is also taken from the `PORT` of hosting platforms. */
export const endpoint: Options = { redis: connect, portVariable: "PORT" }
