/**
 * `POST /v1/auth/temporary-api-key`: https://soniox.com/docs/guides/temporary-api-keys (read 2026-11-21). The key is
 * checked before the body. All invalid fields are reported together, with the texts of Pydantic.
 */
import type { Call } from "../Emulator.ts"
import { type FieldError, invalid, keyFailures, refuse } from "./Failures.ts"
import { bearer } from "./Handshake.ts"
import { isObject, parse, type JsonObject } from "../Json.ts"
import type { Keys, Terms, UsageType } from "./Keys.ts"
import type { Settings } from "./Options.ts"

/** Refuses a REST call without the region's long-lived key. */
export const unauthorized = (keys: Keys, call: Call): Response | undefined => {
  const header = call.request.headers.get("authorization")
  if (header === null) return refuse(keyFailures.missing)
  const key = bearer(header)
  return key !== undefined && keys.owns(key, call.region) ? undefined : refuse(keyFailures.incorrect)
}

/** Mints a temporary key, or refuses. */
export const mint = (settings: Settings, keys: Keys, call: Call): Response => {
  const refusal = unauthorized(keys, call)
  if (refusal !== undefined) return refusal
  if (!keys.permits(settings.apiKeys[call.region] ?? "", "temporary_keys")) return refuse(keyFailures.noPermission)
  const terms = read(call, settings.clock.now())
  if (Array.isArray(terms)) return refuse(invalidBody, terms)
  const { key, expiresAt } = keys.issue(terms)
  return Response.json({ api_key: key, expires_at: new Date(expiresAt).toISOString() }, { status: 201 })
}

const invalidBody = invalid(
  "Your request did not pass validation. One or more fields in the request body are missing or have invalid values. See `validation_errors` for the specific field and retry with corrected values."
)

const read = (call: Call, now: number): Terms | Array<FieldError> => {
  const body = parse(call.text)
  if (call.text === "") return [{ error_type: "missing", location: "body.payload", message: "Field required" }]
  if (body === undefined) return [{ error_type: "json_invalid", location: "body", message: "JSON decode error" }]
  if (!isObject(body)) {
    const message = "Input should be a valid dictionary or object to extract fields from"
    return [{ error_type: "model_attributes_type", location: "body.payload", message }]
  }
  const errors: Array<FieldError> = []
  const field = fieldsOf(body, errors)
  const usageType = field("usage_type", usage)
  const expiresIn = field("expires_in_seconds", whole(1, 3600))
  const clientReferenceId = field("client_reference_id", optional(text(256)))
  const singleUse = field("single_use", optional(flag))
  const maxSession = field("max_session_duration_seconds", optional(whole(1, 18_000)))
  if (errors.length > 0 || usageType === undefined || expiresIn === undefined) return errors
  return {
    region: call.region,
    usageType,
    expiresAt: now + expiresIn * 1000,
    clientReferenceId,
    singleUse: singleUse ?? false,
    maxSessionMilliseconds: maxSession === undefined ? undefined : maxSession * 1000
  }
}

/** Reads a field, or returns the type and message of its error. */
type Reader<A> = (value: unknown) => { readonly value: A } | readonly [errorType: string, message: string]

const fieldsOf =
  (body: JsonObject, errors: Array<FieldError>) =>
  <A>(name: string, reader: Reader<A>): A | undefined => {
    const result = reader(body[name])
    if ("value" in result) return result.value
    errors.push({ error_type: result[0], location: `body.payload.${name}`, message: result[1] })
    return undefined
  }

const optional =
  <A>(reader: Reader<A>): Reader<A | undefined> =>
  (value) =>
    value === undefined || value === null ? { value: undefined } : reader(value)

const missing = ["missing", "Field required"] as const

const usage: Reader<UsageType> = (value) => {
  if (value === undefined) return missing
  if (value === "transcribe_websocket" || value === "tts_rt") return { value }
  return ["enum", "Input should be 'transcribe_websocket' or 'tts_rt'"]
}

const whole =
  (minimum: number, maximum: number): Reader<number> =>
  (given) => {
    if (given === undefined) return missing
    const value = typeof given === "string" && /^\s*[+-]?\d+\s*$/.test(given) ? Number(given) : given
    if (typeof value === "string") {
      return ["int_parsing", "Input should be a valid integer, unable to parse string as an integer"]
    }
    if (typeof value !== "number") return ["int_type", "Input should be a valid integer"]
    if (!Number.isInteger(value)) {
      return ["int_from_float", "Input should be a valid integer, got a number with a fractional part"]
    }
    if (value < minimum) return ["greater_than_equal", `Input should be greater than or equal to ${minimum}`]
    if (value > maximum) return ["less_than_equal", `Input should be less than or equal to ${maximum}`]
    return { value }
  }

const text =
  (maximum: number): Reader<string> =>
  (value) => {
    if (typeof value !== "string") return ["string_type", "Input should be a valid string"]
    if (Array.from(value).length > maximum)
      return ["string_too_long", `String should have at most ${maximum} characters`]
    return { value }
  }

const flags: Readonly<Record<string, boolean>> = {
  true: true,
  t: true,
  yes: true,
  y: true,
  on: true,
  1: true,
  false: false,
  f: false,
  no: false,
  n: false,
  off: false,
  0: false
}

const flag: Reader<boolean> = (given) => {
  if (typeof given !== "boolean" && typeof given !== "string" && typeof given !== "number") {
    return ["bool_type", "Input should be a valid boolean"]
  }
  const word = String(given).toLowerCase()
  const value = Object.hasOwn(flags, word) ? flags[word] : undefined
  return value === undefined
    ? ["bool_parsing", "Input should be a valid boolean, unable to interpret input"]
    : { value }
}
