/**
 * ElevenLabs' errors and the shapes they are sent in.
 *
 * Types and codes are those of https://elevenlabs.io/docs/eleven-api/resources/errors, the older names and the words of a
 * wrong key those of https://help.elevenlabs.io/hc/en-us/articles/19572237925521-API-Error-Code-400-or-401 (both read
 * 2026-11-21). No page has the words of the others: where a key is missing they are what servers have been seen to
 * answer, and for the rest our own.
 */
import type { Settings } from "./Options.ts"

/** What ElevenLabs says when it refuses. */
export interface Failure {
  readonly status: number
  readonly type: string
  readonly code: string
  readonly message: string
  /** The `code` of answers that have been seen. @default that of the page */
  readonly observedCode?: string
  /** What it was called before. @default the `code` */
  readonly legacyName?: string
  /** The status it was answered with before. @default the same */
  readonly legacyStatus?: number
}

/** One part of a request that failed validation. */
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

/** Failures of minting that no request can bring about. */
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

/** The `code` of a failure of minting that a test can ask for. */
export type MintFailure = keyof typeof mintFailures

/** The refusal of an agent that the account does not have. */
export const agentNotFound = (agentId: string): Failure => ({
  status: 404,
  type: "not_found",
  code: "agent_not_found",
  message: `Agent with ID ${agentId} not found.`
})

/** The status of an error and its body, in the form that is asked for. */
export const told = (failure: Failure, form: Settings["errorForm"]) => {
  const { code, legacyName = code, legacyStatus = failure.status, message, observedCode = code, status, type } = failure
  if (form === "legacy") return { status: legacyStatus, body: { detail: { status: legacyName, message } } }
  const request_id = crypto.randomUUID().replaceAll("-", "")
  const names =
    form === "documented" ? { code, message, status: code } : { code: observedCode, message, status: legacyName }
  return { status, body: { detail: { type, ...names, request_id } } }
}

/** The answer that carries an error. */
export const refuse = (failure: Failure, settings: Settings): Response => {
  const { body, status } = told(failure, settings.errorForm)
  return Response.json(body, { status })
}

/** The answer to a request that does not fit the schema, in the words of Pydantic. */
export const unprocessable = (errors: ReadonlyArray<FieldError>): Response =>
  Response.json({ detail: errors }, { status: 422 })
