/**
 * AssemblyAI's errors: the bodies of the token endpoints, and the close codes of streaming sessions.
 *
 * The shape of bodies: https://github.com/AssemblyAI/assemblyai-api-spec/blob/main/streaming-token.yml; their texts are
 * not published, and these are those of the pre-recorded API and of HTTP. Codes and reasons of sessions:
 * https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures (both read 2026-11-21).
 */

/** A refusal of a token endpoint. */
export interface Failure {
  readonly status: number
  readonly error: string
}

/** The documented refusals of the token endpoints. */
export const mintFailures = {
  unauthorized: { status: 401, error: "Authentication error, API token missing/invalid" },
  too_many_requests: { status: 429, error: "Too Many Requests" },
  internal_server_error: { status: 500, error: "Internal Server Error" }
} satisfies Record<string, Failure>

/** The name of a refusal of the token endpoints, for tests. */
export type MintFailure = keyof typeof mintFailures

/** Refuses to mint. */
export const refuse = ({ error, status }: Failure): Response => Response.json({ error }, { status })

/** The end of a streaming session. */
export interface SessionEnd {
  readonly code: number
  readonly reason: string
}

/** The ends of a streaming session that have a fixed reason. */
export const sessionEnds = {
  unauthorized: { code: 1008, reason: "Unauthorized Connection: Missing Authorization header" },
  insufficient_balance: { code: 1008, reason: "Unauthorized Connection: Insufficient account balance" },
  server_error: { code: 3005, reason: "Session Cancelled: An error occurred" },
  session_expired: { code: 3008, reason: "Session Expired: Maximum session duration exceeded" },
  too_many_sessions: { code: 3009, reason: "Unauthorized Connection: Too many concurrent sessions" }
} satisfies Record<string, SessionEnd>

/** The name of an end of a streaming session, for tests. */
export type SessionFailure = keyof typeof sessionEnds

/** Ends a session after an invalid message. */
export const invalidMessage = (what: "Message" | "Message Type" | "JSON", message: string): SessionEnd => ({
  code: 3006,
  reason: `Invalid ${what}: ${message}`
})

/** Ends a session after a chunk of audio that is too short or too long. */
export const wrongDuration = (milliseconds: number): SessionEnd => ({
  code: 3007,
  reason: `Input duration violation: ${milliseconds} ms. Expected between 50 and 1000 ms`
})

const longestReason = 123

/** Shortens a reason to the size of a close frame. */
export const closeReason = (reason: string): string =>
  new TextEncoder().encode(reason).length <= longestReason ? reason : "See Error message for details"
