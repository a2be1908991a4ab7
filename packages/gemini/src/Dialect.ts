/** The errors of Google APIs: a status, and details with the reason. */
import { type Dialect, lenient } from "@tempcred/core/VendorApi"
import * as Schema from "effect/Schema"

const text = Schema.optionalKey(lenient(Schema.NonEmptyString))

const Violation = Schema.Struct({ field: text, description: text })

/** https://cloud.google.com/apis/design/errors (read 2026-11-21): ErrorInfo has a reason, BadRequest has fields. */
const Detail = Schema.Struct({ reason: text, fieldViolations: Schema.optionalKey(lenient(Schema.Array(Violation))) })

const Failure = Schema.Struct({
  error: Schema.Struct({
    message: text,
    status: text,
    details: Schema.optionalKey(lenient(Schema.Array(Detail)))
  })
})

/** The dialect of the Gemini API. */
export const dialect: Dialect<typeof Failure.Type> = {
  failure: Failure,
  read: ({ error: { details = [], message, status } }) => ({
    code: details.find(({ reason }) => reason !== undefined)?.reason ?? status,
    detail: message,
    issues: details
      .flatMap(({ fieldViolations = [] }) => fieldViolations)
      .map(({ description = "", field = "" }) => ({
        field: field.replace(/^auth_?token\./i, ""),
        message: description
      }))
  }),
  fields: {
    new_session_expire_time: "ttl",
    newSessionExpireTime: "ttl",
    expire_time: "usableFor",
    expireTime: "usableFor",
    uses: "singleUse",
    bidi_generate_content_setup: "session",
    bidiGenerateContentSetup: "session",
    live_connect_constraints: "session",
    liveConnectConstraints: "session",
    field_mask: "session",
    fieldMask: "session"
  },
  // https://ai.google.dev/gemini-api/docs/troubleshooting (read 2026-11-21): a wrong key and a country without the free plan are both a 400.
  codes: { AuthenticationError: ["API_KEY_INVALID"], PermissionError: ["FAILED_PRECONDITION"] },
  advice: { AuthenticationError: "check GEMINI_API_KEY" }
}
