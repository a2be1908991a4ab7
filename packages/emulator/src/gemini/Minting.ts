/**
 * `POST /v1alpha/auth_tokens`: https://ai.google.dev/api/live#ephemeral-auth-tokens (of 2026-06-01) and the source of
 * `@google/genai` 3.1.0 (both read 2026-11-21). `POST /v1beta/auth_tokens`:
 * https://ai.google.dev/gemini-api/docs/live-api/ephemeral-tokens (of 2026-09-17, read 2026-11-30).
 * The fields of the token are those of the body itself. Each version has its own field for a configuration, and refuses
 * that of the other.
 */
import type { Call } from "../Emulator.ts"
import { isObject, type JsonObject, objectOf, parse } from "../Json.ts"
import type { Account } from "./Account.ts"
import { invalidArgument, keyFailures, notFound, refuse, type Violation } from "./Failures.ts"
import type { Settings, Version } from "./Options.ts"
import type { Terms } from "./Tokens.ts"

const usualLifetime = 30 * 60_000
const usualStart = 60_000
const longest = 20 * 3_600_000

/** Mints a token, or refuses. */
export const mint = ({ settings, tokens }: Account, call: Call): Response => {
  const version = settings.versions.find((one) => one === call.params["version"])
  if (version === undefined) return refuse(notFound)
  const key = call.request.headers.get("x-goog-api-key") ?? call.url.searchParams.get("key")
  if (key === null) return refuse(keyFailures.missing)
  if (key !== settings.apiKey) return refuse(keyFailures.invalid)
  const terms = read(settings, version, call.text)
  if (Array.isArray(terms)) return refuse(invalidArgument(terms))
  const { expiresAt, name, startsUntil, uses } = tokens.issue(terms)
  const told = {
    expireTime: new Date(expiresAt).toISOString(),
    newSessionExpireTime: new Date(startsUntil).toISOString(),
    uses
  }
  return Response.json({ name, ...Object.fromEntries(settings.echo.map((field) => [field, told[field]])) })
}

const read = (settings: Settings, version: Version, text: string): Terms | Array<Violation> => {
  const body = text === "" ? {} : parse(text)
  if (!isObject(body)) return [{ description: "Invalid JSON payload received. Unexpected token." }]
  const violations: Array<Violation> = []
  const field = fieldsOf(body, violations)
  const now = settings.clock.now()
  const expiresAt = field("expireTime", deadline(now)) ?? now + usualLifetime
  const startsUntil = field("newSessionExpireTime", deadline(now)) ?? now + usualStart
  const uses = field("uses", count) ?? 1
  const configuration = version === "v1beta" ? constrained(field) : masked(field)
  const known = ["expireTime", "newSessionExpireTime", "uses", ...fieldsIn[version]]
  for (const name of Object.keys(body).filter((given) => !known.includes(given) && !known.map(snake).includes(given))) {
    const description = `Invalid JSON payload received. Unknown name "${name}" at 'auth_token': Cannot find field.`
    violations.push({ field: "auth_token", description })
  }
  if (violations.length > 0) return violations
  return { version, uses, expiresAt, startsUntil, ...configuration }
}

const fieldsIn = { v1alpha: ["fieldMask", "bidiGenerateContentSetup"], v1beta: ["liveConnectConstraints"] }

const masked = (field: ReadField) => ({
  fieldMask: field("fieldMask", mask) ?? [],
  setup: field("bidiGenerateContentSetup", object("BidiGenerateContentSetup"))
})

const constrained = (field: ReadField) => ({
  fieldMask: [],
  setup: setupOf(field("liveConnectConstraints", object("LiveConnectConstraints")))
})

/** Reads a field, or returns its violations. */
type Reader<A> = (value: unknown, path: string) => { readonly value: A } | string

// Names can be those of JSON or those of the protocol buffer.
const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

type ReadField = <A>(name: string, reader: Reader<A>) => A | undefined

const fieldsOf =
  (body: JsonObject, violations: Array<Violation>): ReadField =>
  (name, reader) => {
    const value = body[name] ?? body[snake(name)] ?? undefined
    if (value === undefined) return undefined
    const path = `auth_token.${snake(name)}`
    const result = reader(value, path)
    if (typeof result !== "string") return result.value
    violations.push({ field: path, description: result })
    return undefined
  }

const invalid = (path: string, type: string, value: unknown): string =>
  `Invalid value at '${path}' (${type}), ${JSON.stringify(value)}`

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

const deadline =
  (now: number): Reader<number> =>
  (given, path) => {
    const value = typeof given === "string" && timestamp.test(given) ? Date.parse(given) : NaN
    if (Number.isNaN(value)) return invalid(path, "type.googleapis.com/google.protobuf.Timestamp", given)
    return value < now + longest ? { value } : `${path} must be less than 20 hours in the future.`
  }

const count: Reader<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isInteger(value)) return invalid(path, "TYPE_INT32", value)
  return value < 0 ? `${path} must not be negative.` : { value }
}

const mask: Reader<ReadonlyArray<string>> = (value, path) =>
  typeof value === "string"
    ? { value: value.split(",").filter((entry) => entry !== "") }
    : invalid(path, "type.googleapis.com/google.protobuf.FieldMask", value)

const object =
  (type: string): Reader<JsonObject> =>
  (value, path) =>
    isObject(value) ? { value } : invalid(path, `type.googleapis.com/google.ai.generativelanguage.${type}`, value)

const generationFields = new Set([
  "responseModalities",
  "temperature",
  "topP",
  "topK",
  "maxOutputTokens",
  "mediaResolution",
  "seed",
  "speechConfig",
  "thinkingConfig",
  "enableAffectiveDialog"
])

// Converts the constraints as the vendor's client does.
const setupOf = (constraints: JsonObject | undefined): JsonObject | undefined => {
  if (constraints === undefined) return undefined
  const fields = Object.entries(objectOf(constraints.config))
  const generation = fields.filter(([name]) => generationFields.has(name))
  return {
    model: constraints.model,
    ...(generation.length === 0 ? {} : { generationConfig: Object.fromEntries(generation) }),
    ...Object.fromEntries(fields.filter(([name]) => !generationFields.has(name)))
  }
}
