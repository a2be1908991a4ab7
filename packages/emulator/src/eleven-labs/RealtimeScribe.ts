/**
 * `/v1/speech-to-text/realtime`: https://elevenlabs.io/docs/api-reference/speech-to-text/v-1-speech-to-text-realtime
 * (read 2026-11-21). A connection spends its token, even if its parameters are refused.
 *
 * Every error ends the connection with a normal close, as observed for a refused token. The texts of errors are not
 * documented.
 */
import * as Base64 from "../Base64.ts"
import type { Call, Session } from "../Emulator.ts"
import { type JsonObject, parseObject } from "../Json.ts"
import type { Socket } from "../Sockets.ts"
import * as Audio from "../Audio.ts"
import type { Account, StreamFailure } from "./Account.ts"
import { randomText } from "./Credentials.ts"
import { samplesOf, textOf, timed } from "./Formats.ts"

/** Makes the session of one upgrade, or refuses it. */
export const session = (account: Account, call: Call): Response | Session => {
  const { sockets, refusals, settings } = account
  const admitted = authenticated(account, call)
  if (!admitted && settings.scribeRefusal === "handshake") return new Response(null, { status: 403 })
  return sockets.session((socket) => {
    const request = read(call.url.searchParams)
    const transcript = typeof request === "string" ? undefined : transcriptOf(socket, settings.words, request)
    return {
      opened: () => {
        if (!admitted) return fail(socket, "auth_error", "You must be authenticated to use this endpoint.")
        if (typeof request === "string") return fail(socket, "invalid_request", request)
        const refusal = refusals.shift()
        if (refusal !== undefined) return fail(socket, refusal, `The session was ended: ${refusal}.`)
        send(socket, "session_started", { session_id: randomText(), config: request.config })
      },
      message: (data) => transcript?.(data)
    }
  })
}

// A token takes precedence over a key, as in the vendor's client.
const authenticated = ({ credentials }: Account, call: Call): boolean => {
  const token = call.url.searchParams.get("token")
  if (token !== null) return credentials.redeem(token, "realtime_scribe", call.region) !== undefined
  const key = call.request.headers.get("xi-api-key")
  return key !== null && credentials.owns(key, call.region)
}

const send = (socket: Socket, type: string, fields: object): void => socket.send({ message_type: type, ...fields })

const fail = (socket: Socket, failure: StreamFailure, error: string): void => {
  send(socket, failure, { error })
  socket.close(1000)
}

interface ScribeRequest {
  readonly samples: Exclude<Audio.Format, "file">
  readonly commitsByVoice: boolean
  readonly timestamps: boolean
  readonly languageCode: string | undefined
  readonly config: JsonObject
}

// Reads the request, or returns the text of its error.
const read = (query: URLSearchParams): ScribeRequest | string => {
  const modelId = query.get("model_id")
  const audioFormat = query.get("audio_format") ?? "pcm_16000"
  const strategy = query.get("commit_strategy") ?? "manual"
  const samples = samplesOf(audioFormat)
  if (modelId === null) return "model_id is required."
  if (samples === undefined) return "audio_format is not supported."
  if (strategy !== "manual" && strategy !== "vad") return "commit_strategy must be manual or vad."
  const timestamps = query.get("include_timestamps") === "true"
  const detects = query.get("include_language_detection") === "true"
  const language = query.get("language_code") ?? undefined
  const config = {
    sample_rate: samples.sampleRate,
    audio_format: audioFormat,
    ...(language === undefined ? {} : { language_code: language }),
    timestamps_granularity: timestamps ? "word" : "none",
    vad_commit_strategy: strategy,
    model_id: modelId,
    include_language_detection: detects
  }
  const languageCode = language ?? (detects ? "en" : undefined)
  return { samples, commitsByVoice: strategy === "vad", timestamps, languageCode, config }
}

const transcriptOf = (socket: Socket, text: ReadonlyArray<string>, request: ScribeRequest) => {
  const meter = Audio.meter(request.samples)
  let begun = false
  let committed = 0
  let known = 0

  const commit = (until: number): void => {
    const words = Audio.spoken(text, meter.milliseconds()).slice(committed, until)
    committed = until
    send(socket, "committed_transcript", { text: textOf(words) })
    if (!request.timestamps) return
    const language = request.languageCode === undefined ? {} : { language_code: request.languageCode }
    send(socket, "committed_transcript_with_timestamps", { text: textOf(words), ...language, words: timed(words) })
  }

  return (data: string | Uint8Array): void => {
    const chunk = typeof data === "string" ? parseObject(data) : undefined
    if (chunk?.message_type !== "input_audio_chunk") return fail(socket, "input_error", "Unknown message type.")
    const audio = typeof chunk.audio_base_64 === "string" ? Base64.decode(chunk.audio_base_64) : undefined
    if (audio === undefined) return fail(socket, "input_error", "audio_base_64 must be base64.")
    if (begun && typeof chunk.previous_text === "string") {
      return fail(socket, "input_error", "previous_text can only be sent with the first chunk.")
    }
    begun = true
    meter.add(audio)
    const words = Audio.spoken(text, meter.milliseconds())
    if (words.length > known) send(socket, "partial_transcript", { text: textOf(words.slice(committed)) })
    known = words.length
    // The only pause is at the end of the text.
    const turn = request.commitsByVoice ? words.length - (words.length % Math.max(1, text.length)) : 0
    if (chunk.commit === true) commit(words.length)
    else if (turn > committed) commit(turn)
  }
}
