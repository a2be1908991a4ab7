/** The errors of the ElevenLabs API. A detail is an object, a list of fields, or text. One status has several meanings, so the code decides. */
import { type Dialect, lenient } from "@tempcred/core/VendorApi"
import type { Issue } from "@tempcred/core/TempCredentialError"
import * as Schema from "effect/Schema"

const text = Schema.optionalKey(lenient(Schema.NonEmptyString))

const Location = Schema.Array(Schema.Union([Schema.String, Schema.Finite]))

const Field = Schema.Struct({ loc: Schema.optionalKey(lenient(Location)), msg: text })

const Failure = Schema.Struct({
  detail: Schema.Union([
    Schema.String,
    Schema.Array(Field),
    Schema.Struct({ status: text, code: text, message: text, request_id: text, param: text })
  ])
})

type Detail = (typeof Failure.Type)["detail"]

const isList = (detail: Detail): detail is ReadonlyArray<typeof Field.Type> => Array.isArray(detail)

/** Joins the location of a field, without its first part, which is body, query or path. A location of one part stays. */
const fieldOf = (location: typeof Location.Type): string =>
  (location.length > 1 ? location.slice(1) : location).join(".")

const sentence = ({ field, message }: Issue): string => [field, message].filter((part) => part !== "").join(": ")

/** The dialect of the ElevenLabs API. */
export const dialect: Dialect<typeof Failure.Type> = {
  failure: Failure,
  read: ({ detail }) => {
    if (typeof detail === "string") return { detail }
    if (isList(detail)) {
      const issues = detail.map(({ loc = [], msg = "" }) => ({ field: fieldOf(loc), message: msg }))
      return {
        detail: issues
          .map(sentence)
          .filter((one) => one !== "")
          .join("; "),
        issues
      }
    }
    return {
      // `status` is the older code and more specific: the newer one is `unauthorized` for a key without a permission.
      code: detail.status ?? detail.code,
      detail: detail.message,
      requestId: detail.request_id,
      issues: detail.param === undefined ? [] : [{ field: detail.param, message: detail.message ?? "" }]
    }
  },
  fields: { token_type: "purpose" },
  // https://github.com/elevenlabs/elevenlabs-docs (error-messages, 2025-08-25) and https://elevenlabs.io/docs/eleven-api/resources/errors (read
  // 2026-11-21), whose codes are newer: a 401 can mean missing credits; a 429 can mean a limit of the plan, or a busy vendor.
  codes: {
    PermissionError: ["missing_permissions"],
    QuotaError: ["quota_exceeded", "too_many_concurrent_requests", "concurrent_limit_exceeded"],
    UnavailableError: ["system_busy"]
  },
  advice: {
    AuthenticationError: "check ELEVENLABS_API_KEY, and that it is a key of the region's own account",
    PermissionError: "give the key access to this product in the ElevenLabs console"
  }
}
