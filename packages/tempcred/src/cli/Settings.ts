/** The variables of a command: the environment and, below it, a file. */
import { connect } from "@tempcred/redis/Redis"
import type { Options } from "@tempcred/server/ServerConfig"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { readFile } from "node:fs/promises"
import { parseEnv } from "node:util"
import { errorCode, Failure } from "./Failure.ts"
import { ProcessIO } from "./ProcessIO.ts"

/** Variables by name. */
export type Variables = Readonly<Record<string, string>>

const Flat = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))

const decodeFlat = Schema.decodeUnknownEffect(Schema.fromJsonString(Flat))

/** Removes a byte order mark and refuses other encodings, which some editors and shells of Windows write. */
const utf8 = new TextDecoder("utf-8", { fatal: true })

const refuse = (path: string, problem: string): Failure =>
  new Failure({
    kind: "configuration",
    summary: `${path} ${problem}`,
    advice: "Use a file of NAME=value lines, or a .json file with one object of names and values."
  })

const unreadable = new Failure({
  kind: "configuration",
  summary: "the environment cannot be read",
  advice: "On Deno, allow it with --allow-env."
})

const readVariables = Effect.fnUntraced(function* (path: string): Effect.fn.Return<Variables, Failure> {
  const bytes = yield* Effect.tryPromise({
    try: () => readFile(path),
    catch: (cause) => refuse(path, `cannot be read (${errorCode(cause)})`)
  })
  const text = yield* Effect.try({
    try: () => utf8.decode(bytes),
    catch: () => refuse(path, "is not encoded in UTF-8")
  })
  if (path.endsWith(".json")) {
    const decoded = yield* Effect.mapError(decodeFlat(text), () =>
      refuse(path, "is not a JSON object of strings, numbers and booleans")
    )
    return Object.fromEntries(Object.entries(decoded).map(([name, value]) => [name, String(value)]))
  }
  return Object.fromEntries(Object.entries(parseEnv(text)).map(([name, value]) => [name, value ?? ""]))
})

/** Reads the variables of the environment and of a file; the environment takes precedence. Empty variables count as not set. */
export const read = Effect.fnUntraced(function* (file: string | undefined): Effect.fn.Return<Variables, Failure> {
  const { env } = yield* ProcessIO
  const set = yield* Effect.try({ try: () => Object.entries(env), catch: () => unreadable })
  const environment = set.flatMap(([name, value]) =>
    value === undefined || value.trim() === "" ? [] : [[name, value] as const]
  )
  return { ...(file === undefined ? {} : yield* readVariables(file)), ...Object.fromEntries(environment) }
})

/** Makes a layer that provides the variables to `Config`. */
export const layer = (variables: Variables): Layer.Layer<never> =>
  ConfigProvider.layer(ConfigProvider.fromEnv({ env: variables }))

/** The options of the token endpoint: hosting platforms set its port in `PORT`. */
export const endpoint: Options = { redis: connect, portVariable: "PORT" }
