/** The errors of the Soniox API. The type of an `ApiError` determines the reason, not its message or status. */
import { type Dialect, lenient } from "@tempcred/core/VendorApi"
import * as Schema from "effect/Schema"

const text = Schema.optionalKey(lenient(Schema.NonEmptyString))

/** ApiError of https://soniox.com/docs/openapi.yaml (read 2026-10-10); the type is used even if other fields are missing. */
const Failure = Schema.Struct({
  error_type: text,
  message: text,
  request_id: text,
  validation_errors: Schema.optionalKey(lenient(Schema.Array(Schema.Struct({ location: text, message: text }))))
})

/** The dialect of the Soniox API. */
export const dialect: Dialect<typeof Failure.Type> = {
  failure: Failure,
  read: (failure) => ({
    code: failure.error_type,
    detail: failure.message,
    requestId: failure.request_id,
    issues: failure.validation_errors?.map(({ location = "", message = "" }) => ({
      field: location.replace(/^body(\.payload)?\./, ""),
      message
    }))
  }),
  fields: {
    usage_type: "purpose",
    expires_in_seconds: "ttl",
    client_reference_id: "subject",
    single_use: "singleUse",
    max_session_duration_seconds: "maxSession"
  },
  // https://soniox.com/docs/api-reference/errors (read 2026-10-10)
  codes: {
    InvalidRequestError: ["invalid_request"],
    AuthenticationError: ["unauthenticated"],
    PermissionError: ["permission_denied"],
    QuotaError: [
      "organization_balance_exhausted",
      "organization_monthly_budget_exhausted",
      "project_monthly_budget_exhausted",
      "max_concurrent_connections_reached"
    ],
    RateLimitError: ["limit_exceeded"],
    UnavailableError: ["request_timeout", "internal_error", "service_unavailable"]
  },
  advice: { PermissionError: "give the key the permission for this product in the Soniox console" }
}
