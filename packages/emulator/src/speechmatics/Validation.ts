/**
 * Request validation of the vendor's web framework: the first failure is the response, with a sub-code and a fixed
 * text.
 *
 * The text for a minimum is the live vendor's (the test of `@speechmatics/auth`); the others are the framework's own:
 * https://github.com/go-openapi/errors (read 2026-11-21).
 */
import type { Call } from "../Emulator.ts"
import { framework } from "./Http.ts"
import { parseObject, type JsonObject } from "../Json.ts"

/** The type of a field in a body; `null` counts as absent. */
export type Field =
  | {
      readonly type: "string"
      readonly required?: boolean
      readonly oneOf?: ReadonlyArray<string>
      readonly maxLength?: number
    }
  | {
      readonly type: "integer"
      readonly required?: boolean
      readonly minimum?: number
      readonly maximum?: number
    }

/** Reads a JSON body, or returns its refusal. An empty body is an empty object. */
export const bodyOf = (call: Call): JsonObject | Response => {
  if (call.text === "") return {}
  const type = call.request.headers.get("content-type") ?? "application/octet-stream"
  if (!/^application\/json\b/i.test(type)) {
    return framework(415, `unsupported media type "${type}", only [application/json] are allowed`)
  }
  return parseObject(call.text) ?? framework(400, 'parsing body body from "" failed, because unexpected EOF')
}

/** Refuses a value outside a list. */
export const notOneOf = (name: string, location: string, values: ReadonlyArray<string>): Response =>
  framework(606, `${name} in ${location} should be one of [${values.join(" ")}]`)

/** Checks a body; returns the refusal of the first invalid field, if any. */
export const check = (fields: Readonly<Record<string, Field>>, body: JsonObject): Response | undefined => {
  for (const [name, field] of Object.entries(fields)) {
    const refusal = checkField(name, field, body[name] ?? undefined)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

const checkField = (name: string, field: Field, value: unknown): Response | undefined => {
  if (value === undefined) return field.required === true ? framework(602, `${name} in body is required`) : undefined
  return field.type === "string" ? checkString(name, field, value) : checkInteger(name, field, value)
}

const checkString = (
  name: string,
  field: Extract<Field, { readonly type: "string" }>,
  value: unknown
): Response | undefined => {
  if (typeof value !== "string") return wrongType(name, field, value)
  if (field.oneOf?.includes(value) === false) return notOneOf(name, "body", field.oneOf)
  if (field.maxLength !== undefined && value.length > field.maxLength) {
    return framework(603, `${name} in body should be at most ${field.maxLength} chars long`)
  }
  return undefined
}

const checkInteger = (
  name: string,
  { minimum = -Infinity, maximum = Infinity, ...field }: Extract<Field, { readonly type: "integer" }>,
  value: unknown
): Response | undefined => {
  if (typeof value !== "number" || !Number.isInteger(value)) return wrongType(name, field, value)
  if (value < minimum) return framework(609, `${name} in body should be greater than or equal to ${minimum}`)
  if (value > maximum) return framework(608, `${name} in body should be less than or equal to ${maximum}`)
  return undefined
}

const wrongType = (name: string, field: Pick<Field, "type">, value: unknown): Response =>
  framework(601, `${name} in body must be of type ${field.type}: "${Array.isArray(value) ? "array" : typeof value}"`)
