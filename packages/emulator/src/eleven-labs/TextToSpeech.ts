/**
 * `/v1/text-to-speech/{voice_id}/stream-input`:
 * https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-stream-input (read 2026-11-21).
 *
 * The connection is always opened. What is wrong is said in a message and followed by close 1008, as it has been seen
 * for a wrong key; that a token is refused in the same words is our guess. Chunks of audio follow the vendor's default
 * schedule; whatever the format, they are signed 16-bit samples.
 *
 * @since 0.1.0
 */
import * as Base64 from "../Base64.ts"
import type { Call, Session } from "../Emulator.ts"
import { type JsonObject, parseObject, stringOf } from "../Json.ts"
import type { Line } from "../Lines.ts"
import * as Speech from "../Speech.ts"
import type { Account } from "./Account.ts"
import { sampleRateOf } from "./Formats.ts"

const schedule: ReadonlyArray<number> = [120, 160, 250, 290]
const longestSilence = 20
const longestSilenceAllowed = 180
const usualFormat = "mp3_44100"
const usualSampleRate = 44_100
const policyViolation = 1008

// A close frame has room for so many bytes of a reason.
const longestReason = 123

/**
 * Makes the session of one upgrade.
 *
 * @category constructors
 * @since 0.1.0
 */
export const session = (account: Account, call: Call): Session => {
  const query = call.url.searchParams
  const asked = Number(query.get("inactivity_timeout") ?? longestSilence)
  const silence = asked > 0 ? Math.min(asked, longestSilenceAllowed) : longestSilence
  const voice = voiceOf(query)
  const presented = authenticate(account, call, query.get("single_use_token"), call.request.headers.get("xi-api-key"))
  return account.lines.session((line) => {
    let admitted = presented
    const stayAwake = () =>
      line.alarm("silence", silence * 1000, () => line.close(policyViolation, timeout(silence).slice(0, longestReason)))
    return {
      opened: () => {
        if (presented === false) return fail(line, "Invalid API key", "invalid_api_key")
        stayAwake()
      },
      message: (data) => {
        const fields = typeof data === "string" ? parseObject(data) : undefined
        if (fields === undefined || typeof fields.text !== "string")
          return fail(line, unreadable, "invalid_input_message")
        admitted ??= byMessage(account, call, fields)
        if (admitted !== true) return fail(line, "Invalid API key", "invalid_api_key")
        stayAwake()
        voice(line, fields.text, fields.flush === true || fields.try_trigger_generation === true)
      }
    }
  })
}

// The words of https://github.com/elevenlabs/elevenlabs-docs/issues/426 and
// https://github.com/elevenlabs/elevenlabs-python/issues/167 (both read 2026-11-21).
const timeout = (seconds: number): string =>
  `Have not received a new text input within the timeout of ${seconds} seconds. Streaming input terminated. Please make sure to either feed the input in the timely manner, or to send the end of input text (empty string "") when done.`
const unreadable = "Could not parse input message, make sure it is a json and follows the schema outlined in protocol."

const fail = (line: Line, message: string, error: string): void => {
  line.send({ message, error, code: policyViolation })
  line.close(policyViolation, message)
}

// Undefined where neither was presented.
const authenticate = (
  { credentials }: Account,
  call: Call,
  token: string | null | undefined,
  key: string | null | undefined
): boolean | undefined => {
  if (typeof token === "string") return credentials.redeem(token, "tts_websocket", call.region) !== undefined
  return typeof key === "string" ? credentials.owns(key, call.region) : undefined
}

// The vendor's schema spells the key with hyphens, its examples with underscores.
const byMessage = (account: Account, call: Call, fields: JsonObject): boolean | undefined => {
  const token = account.settings.messageTokens ? stringOf(fields["single_use_token"]) : undefined
  return authenticate(account, call, token, stringOf(fields["xi_api_key"]) ?? stringOf(fields["xi-api-key"]))
}

const voiceOf = (query: URLSearchParams) => {
  const sampleRate = sampleRateOf(query.get("output_format") ?? usualFormat) ?? usualSampleRate
  const automatic = query.get("auto_mode") === "true"
  let waiting = ""
  let chunks = 0

  const speak = (line: Line): void => {
    if (waiting.trim() === "") return
    const alignment = alignmentOf(waiting)
    const audio = Base64.encode(Speech.tone(waiting, sampleRate))
    line.send({ audio, isFinal: null, normalizedAlignment: alignment, alignment })
    waiting = ""
    chunks += 1
  }

  return (line: Line, text: string, now: boolean): void => {
    waiting += text
    const enough = schedule[Math.min(chunks, schedule.length - 1)] ?? 0
    if (text === "" || now || automatic || waiting.length >= enough) speak(line)
    if (text !== "") return
    line.send({ audio: null, isFinal: true })
    line.close(1000)
  }
}

// As long a character as `Speech.tone` makes it.
const characterMilliseconds = 60

const alignmentOf = (text: string) => {
  const chars = text.split("")
  return {
    chars,
    charStartTimesMs: chars.map((_, index) => index * characterMilliseconds),
    charsDurationsMs: chars.map(() => characterMilliseconds)
  }
}
