/**
 * `/tts-websocket`, up to five streams on a connection:
 * https://soniox.com/docs/api-reference/tts/websocket-api (read 2026-11-21).
 */
import type { Call, Session } from "../Emulator.ts"
import * as Audio from "../Audio.ts"
import type { Account } from "./Account.ts"
import { type Failure, invalid, isFailure, streamError } from "./Failures.ts"
import { type JsonObject, parseObject } from "../Json.ts"
import * as Socket from "./Socket.ts"
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
  Socket.session(account, call, tts, (socket) => {
    const voices: Voices = new Map()
    const stayAwake = () => socket.alarm("idle", longestSilence, () => socket.close(1001))
    return {
      opened: stayAwake,
      message: (data) => {
        const fields = typeof data === "string" ? parseObject(data) : undefined
        if (fields === undefined) return socket.fail(invalid("Control request body is not valid JSON."))
        if (fields.keep_alive !== true) take(socket, voices, fields)
        if (socket.admitted) stayAwake()
      },
      ended: () => {
        for (const { stream } of voices.values()) stream.end()
      },
      errorFrame
    }
  })

const errorFrame = (failure: Failure, streamId = "") => ({ stream_id: streamId, ...streamError(failure) })

const take = (socket: Socket.Socket, voices: Voices, fields: JsonObject): void => {
  const { stream_id: id, cancel, text, text_end: last } = fields
  if (typeof id !== "string" || id === "") return socket.fail(SpeechRequest.missingField("stream_id"))
  const voice = voices.get(id)
  const starts = cancel !== true && text === undefined && last === undefined
  // A start needs an unused identifier, and a continuation one in use.
  if (starts === (voice !== undefined)) return socket.send(errorFrame(invalidState, id))
  if (voice === undefined) return open(socket, voices, id, fields)
  if (cancel === true) return end(socket, voices, id)
  speak(socket, voices, id, voice, typeof text === "string" ? text : "", last === true)
}

const open = (socket: Socket.Socket, voices: Voices, id: string, fields: JsonObject): void => {
  const grant = socket.admit(typeof fields.api_key === "string" ? fields.api_key : undefined)
  if (isFailure(grant)) return socket.fail(grant, id)
  const request = SpeechRequest.read(fields)
  if (isFailure(request)) return fail(socket, voices, id, request)
  if (voices.size >= mostStreams) return fail(socket, voices, id, tooManyStreams)
  const stream = socket.begin(grant, request.model, request.clientReferenceId)
  if (isFailure(stream)) return fail(socket, voices, id, stream)
  voices.set(id, { stream, request, milliseconds: 0 })
}

const speak = (socket: Socket.Socket, voices: Voices, id: string, voice: Voice, text: string, last: boolean): void => {
  const { request, stream } = voice
  const { samples, milliseconds, cut } = SpeechRequest.speak(text, request.sampleRate, voice.milliseconds)
  const ends = last || cut
  if (samples.length === 0 && !ends) return
  const header = request.audioFormat === "wav" && voice.milliseconds === 0 ? [Audio.wavHeader(request.sampleRate)] : []
  const audio = encodeBase64(Audio.joined([...header, samples]))
  socket.send({ stream_id: id, audio, ...(ends ? { audio_end: true } : {}) })
  if (cut) return fail(socket, voices, id, tooLong)
  voices.set(id, { ...voice, milliseconds })
  if (!last) return
  stream.end({ outputMilliseconds: milliseconds })
  end(socket, voices, id)
}

const fail = (socket: Socket.Socket, voices: Voices, id: string, failure: Failure): void => {
  socket.send(errorFrame(failure, id))
  end(socket, voices, id)
}

const end = (socket: Socket.Socket, voices: Voices, id: string): void => {
  voices.get(id)?.stream.end()
  voices.delete(id)
  socket.send({ stream_id: id, terminated: true })
}

const encodeBase64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
