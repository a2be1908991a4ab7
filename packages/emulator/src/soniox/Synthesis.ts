/**
 * `/tts-websocket`, up to five streams on a connection:
 * https://soniox.com/docs/api-reference/tts/websocket-api (read 2026-11-21).
 */
import type { Call, Session } from "../Emulator.ts"
import * as Audio from "../Audio.ts"
import type { Account } from "./Account.ts"
import { type Failure, invalid, isFailure, streamError } from "./Failures.ts"
import { type JsonObject, parseObject } from "../Json.ts"
import * as Line from "./Line.ts"
import * as SpeechRequest from "./SpeechRequest.ts"
import { tts, type Stream } from "./Usage.ts"

// https://soniox.com/docs/guides/websocket-authentication (read 2026-10-10): any message counts.
const longestSilence = 40_000

const mostStreams = 5

// The types are those of https://soniox.com/docs/api-reference/errors (read 2026-11-21), which has no texts.
const invalidState: Failure = { status: 400, type: "invalid_stream_state", message: "Invalid stream state." }
const tooManyStreams: Failure = {
  status: 400,
  type: "max_concurrent_streams_reached",
  message: `Maximum number of concurrent streams per connection (${mostStreams}) reached.`
}
const tooLong: Failure = { status: 413, type: "max_audio_duration_reached", message: "Maximum audio duration reached." }

interface Voice {
  readonly stream: Stream
  readonly request: SpeechRequest.SpeechRequest
  /** The length of its audio so far. */
  readonly milliseconds: number
}

type Voices = Map<string, Voice>

/** Makes the session of one upgrade. */
export const session = (account: Account, call: Call): Session =>
  Line.session(account, call, tts, (line) => {
    const voices: Voices = new Map()
    const stayAwake = () => line.alarm("idle", longestSilence, () => line.close(1001))
    return {
      opened: stayAwake,
      message: (data) => {
        const fields = typeof data === "string" ? parseObject(data) : undefined
        if (fields === undefined) return line.fail(invalid("Control request body is not valid JSON."))
        if (fields.keep_alive !== true) take(line, voices, fields)
        if (line.admitted) stayAwake()
      },
      ended: () => {
        for (const { stream } of voices.values()) stream.end()
      },
      errorFrame
    }
  })

const errorFrame = (failure: Failure, streamId = "") => ({ stream_id: streamId, ...streamError(failure) })

const take = (line: Line.Line, voices: Voices, fields: JsonObject): void => {
  const { stream_id: id, cancel, text, text_end: last } = fields
  if (typeof id !== "string" || id === "") return line.fail(SpeechRequest.missingField("stream_id"))
  const voice = voices.get(id)
  const starts = cancel !== true && text === undefined && last === undefined
  // A start needs an unused identifier, and a continuation one in use.
  if (starts === (voice !== undefined)) return line.send(errorFrame(invalidState, id))
  if (voice === undefined) return open(line, voices, id, fields)
  if (cancel === true) return end(line, voices, id)
  speak(line, voices, id, voice, typeof text === "string" ? text : "", last === true)
}

const open = (line: Line.Line, voices: Voices, id: string, fields: JsonObject): void => {
  const grant = line.admit(typeof fields.api_key === "string" ? fields.api_key : undefined)
  if (isFailure(grant)) return line.fail(grant, id)
  const request = SpeechRequest.read(fields)
  if (isFailure(request)) return fail(line, voices, id, request)
  if (voices.size >= mostStreams) return fail(line, voices, id, tooManyStreams)
  const stream = line.begin(grant, request.model, request.clientReferenceId)
  if (isFailure(stream)) return fail(line, voices, id, stream)
  voices.set(id, { stream, request, milliseconds: 0 })
}

const speak = (line: Line.Line, voices: Voices, id: string, voice: Voice, text: string, last: boolean): void => {
  const { request, stream } = voice
  const { samples, milliseconds, cut } = SpeechRequest.speak(text, request.sampleRate, voice.milliseconds)
  const ends = last || cut
  if (samples.length === 0 && !ends) return
  const header = request.audioFormat === "wav" && voice.milliseconds === 0 ? [Audio.wavHeader(request.sampleRate)] : []
  const audio = encodeBase64(Audio.joined([...header, samples]))
  line.send({ stream_id: id, audio, ...(ends ? { audio_end: true } : {}) })
  if (cut) return fail(line, voices, id, tooLong)
  voices.set(id, { ...voice, milliseconds })
  if (!last) return
  stream.end({ outputMilliseconds: milliseconds })
  end(line, voices, id)
}

const fail = (line: Line.Line, voices: Voices, id: string, failure: Failure): void => {
  line.send(errorFrame(failure, id))
  end(line, voices, id)
}

const end = (line: Line.Line, voices: Voices, id: string): void => {
  voices.get(id)?.stream.end()
  voices.delete(id)
  line.send({ stream_id: id, terminated: true })
}

const encodeBase64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
