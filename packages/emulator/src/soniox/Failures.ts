/**
 * Soniox's errors with their exact texts, and their shapes.
 *
 * The texts are those of https://soniox.com/docs/api-reference/stt/websocket-api and, for minting, of "Create temporary
 * API key" at https://soniox.com/docs/api-reference (both read 2026-10-10).
 */

/** A refusal by Soniox; its documents tell clients to branch on the type. */
export interface Failure {
  readonly status: number
  readonly type: string
  readonly message: string
}

/** A field of a body or query that failed validation. */
export interface FieldError {
  readonly error_type: string
  readonly location: string
  readonly message: string
}

/** Makes a 400 `invalid_request`. */
export const invalid = (message: string): Failure => ({ status: 400, type: "invalid_request", message })

const unauthenticated = (message: string): Failure => ({ status: 401, type: "unauthenticated", message })

/** Refusals of a key or of its placement. */
export const keyFailures = {
  incorrect: unauthenticated("Incorrect API key provided. You can get an API key at https://console.soniox.com"),
  invalidOrExpired: unauthenticated(
    "Invalid or expired temporary API key. Create a new temporary API key and retry. See https://soniox.com/docs/guides/temporary-api-keys for details."
  ),
  missing: unauthenticated(
    "Missing API key. Provide API key as a header (i.e. Authorization: Bearer <SONIOX_API_KEY>). You can get an API key at https://console.soniox.com"
  ),
  missingFromConnection: unauthenticated(
    'Missing API key. Send it with the connection: the Authorization header "Bearer <api_key>", or soniox-api-key and the key in the WebSocket protocols list.'
  ),
  // The documentation index ends this sentence here.
  notBearer: unauthenticated("Authorization header must use the Bearer scheme"),
  wrongUsage: unauthenticated(
    "The temporary API key cannot be used for this action. Each temporary API key is scoped to a specific `usage_type`; create a new key with the correct usage type."
  ),
  headerAndProtocols: invalid(
    "Send the API key either in the Authorization header or in the WebSocket protocols list, not both."
  ),
  malformedHeader: invalid('Authorization header must be "Bearer <api_key>".'),
  malformedProtocols: invalid(
    "soniox-api-key must be sent in the WebSocket protocols list together with exactly one other entry, the API key."
  ),
  otherKey: invalid(
    "The api_key in the start request does not match the API key sent with the connection. Send the same key or omit it."
  ),
  noPermission: {
    status: 403,
    type: "permission_denied",
    message:
      "The API key does not have permission for this product. Edit the key's permissions at https://console.soniox.com"
  },
  sessionExpired: {
    status: 403,
    type: "temp_api_key_session_expired",
    message: "Temporary API key session duration limit exceeded. Create a new temporary API key to start a new session."
  }
} satisfies Record<string, Failure>

const exhausted = {
  organization_balance_exhausted: {
    status: 402,
    type: "organization_balance_exhausted",
    message: "Organization balance exhausted. Please either add funds manually or enable autopay."
  },
  organization_monthly_budget_exhausted: {
    status: 402,
    type: "organization_monthly_budget_exhausted",
    message: "Organization monthly budget exhausted. Please increase it."
  },
  project_monthly_budget_exhausted: {
    status: 402,
    type: "project_monthly_budget_exhausted",
    message: "Project monthly budget exhausted. Please increase it."
  },
  permission_denied: keyFailures.noPermission
}

const unavailable = {
  status: 503,
  type: "service_unavailable",
  message:
    "Cannot continue request (code 1). Please restart the request. Refer to: https://soniox.com/url/cannot-continue-request"
}

/** Failures of minting that only a fault produces. */
export const mintFailures = {
  ...exhausted,
  limit_exceeded: {
    status: 429,
    type: "limit_exceeded",
    message: "Requests per minute limit for temporary API key creation has been exceeded for your organization."
  },
  internal_error: {
    status: 500,
    type: "internal_error",
    message: "The server encountered an error. Please try again. If the issue persists contact support@soniox.com."
  },
  service_unavailable: unavailable
} satisfies Record<string, Failure>

/** Failures of a stream that only a test produces. */
export const streamFailures = {
  ...exhausted,
  request_timeout: { status: 408, type: "request_timeout", message: "Request timeout." },
  max_duration_reached: {
    status: 413,
    type: "max_duration_reached",
    message:
      "This WebSocket connection has reached the maximum allowed duration and was closed. Please open a new WebSocket connection to continue transcribing."
  },
  internal_error: {
    status: 500,
    type: "internal_error",
    message:
      "The server had an error processing your request. Sorry about that! You can retry your request, or contact us through our support email support@soniox.com if you keep seeing this error."
  },
  service_unavailable: unavailable
} satisfies Record<string, Failure>

/** The `error_type` of a failure of minting, for tests. */
export type MintFailure = keyof typeof mintFailures

/** The `error_type` of a failure of a stream, for tests. */
export type StreamFailure = keyof typeof streamFailures

/** Refuses a stream beyond a limit of concurrent streams or of streams in a minute. */
export const overLimit = (limit: "Concurrent requests" | "Requests per minute", product: string): Failure => ({
  status: 429,
  type: "limit_exceeded",
  message: `${limit} limit for ${product} has been exceeded for your organization.`
})

/** Refuses a connection beyond the limit. */
export const tooManyConnections = (product: string): Failure => ({
  status: 429,
  type: "max_concurrent_connections_reached",
  message: `Concurrent WebSocket connections limit for ${product} has been exceeded for your organization. Close connections you are not using, or start streams on the ones you hold: the limit is a multiple of your concurrent streams limit.`
})

const moreInfo = (type: string) => `https://soniox.com/docs/api-reference/errors#${type.replaceAll("_", "-")}`

/** Makes the body of an error of the REST API. */
export const apiError = (failure: Failure, fields: ReadonlyArray<FieldError> = []) => ({
  status_code: failure.status,
  error_type: failure.type,
  message: failure.message,
  validation_errors: fields,
  request_id: crypto.randomUUID(),
  more_info: moreInfo(failure.type)
})

/** Makes the response of an error of the REST API. */
export const refuse = (failure: Failure, fields?: ReadonlyArray<FieldError>): Response =>
  Response.json(apiError(failure, fields), { status: failure.status })

/** Makes the error fields of the WebSocket APIs and of the speech API. */
export const streamError = (failure: Failure) => ({
  error_code: failure.status,
  error_type: failure.type,
  error_message: failure.message,
  more_info: moreInfo(failure.type),
  request_id: crypto.randomUUID()
})

/** Tells whether a value is a failure. */
export const isFailure = (value: object): value is Failure => "status" in value && "type" in value && "message" in value
