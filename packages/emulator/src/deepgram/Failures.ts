/**
 * Deepgram's errors in both of their shapes: https://developers.deepgram.com/docs/errors and
 * https://developers.deepgram.com/docs/token-based-authentication (read 2026-11-21). A refused upgrade repeats its
 * message in the header `dg-error`:
 * https://developers.deepgram.com/docs/stt-troubleshooting-websocket-data-and-net-errors
 */

/** A refusal by Deepgram; with details, it has the newer shape. */
export interface Failure {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly details?: string
  /** True for a body without `request_id`. */
  readonly anonymous?: boolean
}

/** The documented failures. */
export const failures = {
  invalid_auth: { status: 401, code: "INVALID_AUTH", message: "Invalid credentials." },
  insufficient_permissions: {
    status: 401,
    code: "INSUFFICIENT_PERMISSIONS",
    message: "User does not have sufficient permissions."
  },
  forbidden: { status: 403, code: "FORBIDDEN", message: "Insufficient permissions." },
  payment_required: {
    status: 402,
    code: "ASR_PAYMENT_REQUIRED",
    message: "Project does not have enough credits for an ASR request and does not have an overage agreement."
  },
  too_many_requests: {
    status: 429,
    code: "TOO_MANY_REQUESTS",
    message: "Too many requests. Please try again later"
  }
} satisfies Record<string, Failure>

/** The name of a documented failure, for tests. */
export type DocumentedFailure = keyof typeof failures

/** The observed refusal of a wrong key, which differs from the documented one. */
export const badCredentials: Failure = {
  status: 400,
  code: "BAD_REQUEST",
  message: "Invalid credentials.",
  anonymous: true
}

/** Refuses an unreadable JSON body. */
export const invalidJson = (details: string): Failure => ({
  status: 400,
  code: "INVALID_JSON",
  message: "Invalid JSON submitted.",
  details: `Json deserialize error: ${details}`
})

/** Refuses query parameters. */
export const invalidQuery = (message: string): Failure => ({
  status: 400,
  code: "INVALID_QUERY_PARAMETER",
  message: `Failed to deserialize query parameters: ${message}`
})

/** Makes the body of a failure. */
export const bodyOf = ({ anonymous, code, details, message }: Failure, requestId: string): object => {
  const request = anonymous === true ? {} : { request_id: requestId }
  return details === undefined
    ? { err_code: code, err_msg: message, ...request }
    : { category: code, message, details, ...request }
}

/** Refuses a request or an upgrade. */
export const refuse = (failure: Failure): Response => {
  const requestId = crypto.randomUUID()
  const headers = { "dg-request-id": requestId, "dg-error": failure.message }
  return Response.json(bodyOf(failure, requestId), { status: failure.status, headers })
}
