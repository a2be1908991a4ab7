/**
 * Errors of a realtime session: an Error message, then a close with a documented type as its reason.
 *
 * Types, their descriptions and the close codes: https://docs.speechmatics.com/api-ref/realtime-transcription-websocket
 * (read 2026-11-21). The reasons of `not_authorised` and `quota_exceeded` are literal, from
 * https://github.com/speechmatics/speechmatics-js-sdk/issues/45 and issues/59; the others are the documented
 * descriptions. Types without an entry in the table of close codes have the code of the nearest entry.
 */

const protocolError = { code: 1003, type: "protocol_error" }
const policyViolation = { code: 1008, type: "policy_violation" }
const internalError = { code: 1011, type: "internal_error" }
const invalidModel = { code: 4004, type: "invalid_model" }

const failures = {
  invalid_message: { close: protocolError, reason: "The message received was not understood." },
  invalid_model: { close: invalidModel, reason: "Unable to use the model for the recognition." },
  invalid_language: { close: invalidModel, reason: "The requested language is not valid or is not supported." },
  invalid_config: { close: protocolError, reason: "The config received contains some wrong or unsupported fields" },
  invalid_audio_type: {
    close: protocolError,
    reason: "Audio type is not supported, is deprecated, or the `audio_type` is malformed."
  },
  invalid_output_format: {
    close: protocolError,
    reason: "Output format is not supported, is deprecated, or the `output_format` is malformed."
  },
  not_authorised: { close: { code: 4001, type: "not_authorised" }, reason: "Not Authorized" },
  not_allowed: { close: { code: 4003, type: "not_allowed" }, reason: "User is not allowed to use this message" },
  job_error: { close: { code: 4013, type: "job_error" }, reason: "Unable to do any work on this job" },
  protocol_error: {
    close: protocolError,
    reason: "Message received was syntactically correct, but could not be accepted due to protocol limitations."
  },
  quota_exceeded: { close: { code: 4005, type: "quota_exceeded" }, reason: "Concurrent Quota Exceeded" },
  timelimit_exceeded: {
    close: { code: 4006, type: "timelimit_exceeded" },
    reason: "Usage quota for the contract has been reached"
  },
  idle_timeout: { close: policyViolation, reason: "Idle duration limit was reached" },
  session_timeout: { close: policyViolation, reason: "Max session duration was reached" },
  unknown_error: { close: internalError, reason: "An error that did not fit any of the types above." }
}

/** The documented types of an Error message. */
export type RealtimeError = keyof typeof failures

/** Makes the Error message of a type, and the close after it. */
export const describe = (type: RealtimeError) => {
  const { close, reason } = failures[type]
  return { message: { message: "Error", type, reason }, close }
}
