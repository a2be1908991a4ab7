/**
 * The WebSockets of text to speech: `/v1/text-to-speech/{voice_id}/stream-input`, `multi-stream-input` beside it, and
 * `/v1/text-to-dialogue/stream-input`. A `tts_websocket` token opens each of them.
 *
 * Sources: https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-stream-input (read
 * 2026-11-21) and the messages of dialogues in `@elevenlabs/elevenlabs-js` 2.73.0 (read 2026-11-30).
 *
 * Every upgrade is accepted. An error is a message and close 1008, as observed for a wrong key. The same text for a
 * refused token is inferred.
 */
import type { Call, Session } from "../Emulator.ts"
import { type JsonObject, parseObject, stringOf } from "../Json.ts"
import type { Socket } from "../Sockets.ts"
import type { Account } from "./Account.ts"
import type { Voice } from "./Voices.ts"

const longestSilence = 20
const longestSilenceAllowed = 180
const policyViolation = 1008

// The most bytes of a reason in a close frame.
const longestReason = 123

/** The protocol of one of the WebSockets. */
export interface Protocol {
  readonly voice: (query: URLSearchParams) => Voice
  /** True if the first message can contain a single-use token. */
  readonly messageTokens: boolean
}

/** Makes the session of one upgrade. */
export const session = (account: Account, call: Call, protocol: Protocol): Session => {
  const query = call.url.searchParams
  const asked = Number(query.get("inactivity_timeout") ?? longestSilence)
  const silence = asked > 0 ? Math.min(asked, longestSilenceAllowed) : longestSilence
  const voice = protocol.voice(query)
  const presented = authenticate(account, call, query.get("single_use_token"), call.request.headers.get("xi-api-key"))
  return account.sockets.session((socket) => {
    let admitted = presented
    const stayAwake = () =>
      socket.alarm("silence", silence * 1000, () =>
        socket.close(policyViolation, timeout(silence).slice(0, longestReason))
      )
    return {
      opened: () => {
        if (presented === false) return fail(socket, "Invalid API key", "invalid_api_key")
        stayAwake()
      },
      message: (data) => {
        const fields = typeof data === "string" ? parseObject(data) : undefined
        if (fields === undefined) return fail(socket, unreadable, "invalid_input_message")
        admitted ??= byMessage(account, call, protocol, fields)
        if (admitted !== true) return fail(socket, "Invalid API key", "invalid_api_key")
        stayAwake()
        if (!voice(socket, fields)) fail(socket, unreadable, "invalid_input_message")
      }
    }
  })
}

// The text is that of https://github.com/elevenlabs/elevenlabs-docs/issues/426 and
// https://github.com/elevenlabs/elevenlabs-python/issues/167 (both read 2026-11-21).
const timeout = (seconds: number): string =>
  `Have not received a new text input within the timeout of ${seconds} seconds. Streaming input terminated. Please make sure to either feed the input in the timely manner, or to send the end of input text (empty string "") when done.`
const unreadable = "Could not parse input message, make sure it is a json and follows the schema outlined in protocol."

const fail = (socket: Socket, message: string, error: string): void => {
  socket.send({ message, error, code: policyViolation })
  socket.close(policyViolation, message)
}

// Returns undefined if neither was presented.
const authenticate = (
  { credentials }: Account,
  call: Call,
  token: string | null | undefined,
  key: string | null | undefined
): boolean | undefined => {
  if (typeof token === "string") return credentials.redeem(token, "tts_websocket", call.region) !== undefined
  return typeof key === "string" ? credentials.owns(key, call.region) : undefined
}

// The vendor's schema spells the field with hyphens, its examples with underscores.
const byMessage = (account: Account, call: Call, protocol: Protocol, fields: JsonObject): boolean | undefined => {
  const token = protocol.messageTokens ? stringOf(fields["single_use_token"]) : undefined
  return authenticate(account, call, token, stringOf(fields["xi_api_key"]) ?? stringOf(fields["xi-api-key"]))
}
