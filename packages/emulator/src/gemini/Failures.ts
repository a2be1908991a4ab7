/**
 * The errors of the Gemini API, and the close frames of its WebSockets.
 *
 * Statuses are those of https://ai.google.dev/gemini-api/docs/troubleshooting, and the refusal of a wrong key is that
 * of https://github.com/continuedev/continue/issues/8516 (both read 2026-11-21). The other texts are the usual ones of
 * Google's services.
 */

/** An error of Google's services. */
export interface Failure {
  readonly code: number
  readonly message: string
  readonly status: string
  readonly details?: ReadonlyArray<object>
}

const invalidKeyMessage = "API key not valid. Please pass a valid API key."

/** Refusals of the long-lived key. */
export const keyFailures = {
  missing: {
    code: 403,
    message:
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    status: "PERMISSION_DENIED"
  },
  invalid: {
    code: 400,
    message: invalidKeyMessage,
    status: "INVALID_ARGUMENT",
    details: [
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        reason: "API_KEY_INVALID",
        domain: "googleapis.com",
        metadata: { service: "generativelanguage.googleapis.com" }
      },
      { "@type": "type.googleapis.com/google.rpc.LocalizedMessage", locale: "en-US", message: invalidKeyMessage }
    ]
  }
} satisfies Record<string, Failure>

/** Failures of minting that only a fault produces. */
export const mintFailures = {
  FAILED_PRECONDITION: {
    code: 400,
    message: "User location is not supported for the API use.",
    status: "FAILED_PRECONDITION"
  },
  PERMISSION_DENIED: {
    code: 403,
    message: "The caller does not have permission",
    status: "PERMISSION_DENIED"
  },
  RESOURCE_EXHAUSTED: {
    code: 429,
    message: "Resource has been exhausted (e.g. check quota).",
    status: "RESOURCE_EXHAUSTED"
  },
  INTERNAL: { code: 500, message: "Internal error encountered.", status: "INTERNAL" },
  UNAVAILABLE: { code: 503, message: "The service is currently unavailable.", status: "UNAVAILABLE" }
} satisfies Record<string, Failure>

/** The `status` of a failure of minting, for tests. */
export type MintFailure = keyof typeof mintFailures

/** An invalid field of a request. */
export interface Violation {
  readonly field?: string
  readonly description: string
}

/** Makes the 400 for invalid fields. */
export const invalidArgument = (violations: ReadonlyArray<Violation>): Failure => ({
  code: 400,
  message: violations.map(({ description }) => description).join("\n"),
  status: "INVALID_ARGUMENT",
  details: [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: violations }]
})

/** The refusal of an unknown path. */
export const notFound: Failure = { code: 404, message: "Requested entity was not found.", status: "NOT_FOUND" }

/** Makes the response of an error. */
export const refuse = (failure: Failure): Response => Response.json({ error: failure }, { status: failure.code })

/** A close frame of a WebSocket. */
export interface Close {
  readonly code: number
  readonly reason: string
}

/**
 * The close frames, as clients have reported them, shortened to the size of a close frame. The refusal of unknown,
 * spent and expired tokens as `unauthenticated` is an assumption.
 */
export const closes = {
  unregistered: {
    code: 1008,
    reason:
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API c"
  },
  invalidKey: { code: 1007, reason: invalidKeyMessage },
  unauthenticated: {
    code: 1008,
    reason:
      "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication c"
  },
  withoutModel: {
    code: 1007,
    reason: "token-based requests cannot use project-scoped features such as tuned models"
  },
  invalidArgument: { code: 1007, reason: "Request contains an invalid argument." }
} satisfies Record<string, Close>
