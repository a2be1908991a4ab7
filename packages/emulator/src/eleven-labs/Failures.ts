/**
 * ElevenLabs' errors and their shapes.
 *
 * Types and codes are those of https://elevenlabs.io/docs/eleven-api/resources/errors, the older names and the text for
 * a wrong key those of https://help.elevenlabs.io/hc/en-us/articles/19572237925521-API-Error-Code-400-or-401 (both read
 * 2026-11-21). The other texts are not documented: that of a missing key was observed, and the rest are ours.
 */
import type { Settings } from "./Options.ts"

/** A refusal by ElevenLabs. */
export interface Failure {
  readonly status: number
  readonly type: string
  readonly code: string
  readonly message: string
  /** The observed `code`. @default the documented one */
  readonly observedCode?: string
  /** The former name of the error. @default the `code` */
  readonly legacyName?: string
  /** The former status of the error. @default the current one */
  readonly legacyStatus?: number
}

/** A field of a request that failed validation. */
export interface FieldError {
  readonly type: string
  readonly loc: ReadonlyArray<string>
  readonly msg: string
  readonly input: unknown
}

/** Refusals of the long-lived key. */
export const keyFailures = {
  missing: {
    status: 401,
    type: "authentication_error",
    code: "missing_api_key",
    message: "Neither authorization header nor xi-api-key received, please provide one.",
    observedCode: "unauthorized",
    legacyName: "needs_authorization"
  },
  invalid: {
    status: 401,
    type: "authentication_error",
    code: "invalid_api_key",
    message: "Invalid API key",
    observedCode: "unauthorized"
  }
} satisfies Record<string, Failure>

/** Failures of minting that only a fault produces. */
export const mintFailures = {
  insufficient_permissions: {
    status: 403,
    type: "authorization_error",
    code: "insufficient_permissions",
    message: "The API key you used is missing a permission to execute this operation.",
    legacyName: "missing_permissions",
    legacyStatus: 401
  },
  insufficient_credits: {
    status: 402,
    type: "payment_required",
    code: "insufficient_credits",
    message: "This request exceeds your quota.",
    legacyName: "quota_exceeded",
    legacyStatus: 401
  },
  rate_limit_exceeded: {
    status: 429,
    type: "rate_limit_error",
    code: "rate_limit_exceeded",
    message: "Rate limit exceeded."
  },
  concurrent_limit_exceeded: {
    status: 429,
    type: "rate_limit_error",
    code: "concurrent_limit_exceeded",
    message: "Too many concurrent requests.",
    legacyName: "too_many_concurrent_requests"
  },
  system_busy: {
    status: 429,
    type: "rate_limit_error",
    code: "system_busy",
    message: "The system is experiencing heavy traffic, please try again later."
  },
  internal_error: { status: 500, type: "internal_error", code: "internal_error", message: "Internal server error." },
  service_unavailable: {
    status: 503,
    type: "service_unavailable",
    code: "service_unavailable",
    message: "Service unavailable."
  }
} satisfies Record<string, Failure>

/** The `code` of a failure of minting, for tests. */
export type MintFailure = keyof typeof mintFailures

/** Makes the refusal of an unknown agent. */
export const agentNotFound = (agentId: string): Failure => ({
  status: 404,
  type: "not_found",
  code: "agent_not_found",
  message: `Agent with ID ${agentId} not found.`
})

/** Formats an error as status and body, in one of the forms of `Options.errorForm`. */
export const format = (failure: Failure, form: Settings["errorForm"]) => {
  const { code, legacyName = code, legacyStatus = failure.status, message, observedCode = code, status, type } = failure
  if (form === "legacy") return { status: legacyStatus, body: { detail: { status: legacyName, message } } }
  const request_id = crypto.randomUUID().replaceAll("-", "")
  const names =
    form === "documented" ? { code, message, status: code } : { code: observedCode, message, status: legacyName }
  return { status, body: { detail: { type, ...names, request_id } } }
}

/** Makes the response of an error. */
export const refuse = (failure: Failure, settings: Settings): Response => {
  const { body, status } = format(failure, settings.errorForm)
  return Response.json(body, { status })
}

/** Makes the response to a request that does not match the schema, with the texts of Pydantic. */
export const unprocessable = (errors: ReadonlyArray<FieldError>): Response =>
  Response.json({ detail: errors }, { status: 422 })
