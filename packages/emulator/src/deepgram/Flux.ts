/**
 * Flux, which transcribes and speaks in turns: the WebSockets `/v2/listen` and `/v2/speak`.
 *
 * Source: `asyncapi.yml` of https://github.com/deepgram/deepgram-api-specs (of 2026-07-22, read 2026-11-30). A turn
 * ends with the stream, or with the `Flush` of its text, as the emulator hears no pauses. Audio is always linear16.
 */
import type { Call, Session } from "../Emulator.ts"
import { parseObject, stringOf } from "../Json.ts"
import type { Socket, Handlers } from "../Sockets.ts"
import * as Audio from "../Audio.ts"
import * as Speech from "../Speech.ts"
import { type Account, connect } from "./Account.ts"
import { type Failure, invalidQuery } from "./Failures.ts"
import * as Transcript from "./Transcript.ts"

/** Opens a transcription in turns, or refuses before the upgrade. */
export const listen = (account: Account, call: Call): Response | Session => {
  const query = Transcript.readQuery(call)
  const refusal = modelOf(call, /^flux-general-(en|multi)$/)
  if (refusal !== undefined) return connect(account, call, refusal)
  return connect(account, call, "status" in query ? query : (socket) => transcribe(account, socket, query))
}

const transcribe = ({ settings }: Account, socket: Socket, { format }: Transcript.Query): Handlers => {
  const meter = Audio.meter(format)
  const request_id = crypto.randomUUID()
  let sequence_id = 0
  let told = 0
  const send = (message: object) => socket.send({ ...message, request_id, sequence_id: sequence_id++ })
  const turnInfo = (event: "StartOfTurn" | "Update" | "EndOfTurn") => {
    const words = Audio.spoken(settings.words, meter.milliseconds())
    const { transcript, words: written } = Transcript.alternativeOf(words)
    send({
      type: "TurnInfo",
      event,
      turn_index: 0,
      audio_window_start: 0,
      audio_window_end: meter.milliseconds() / 1000,
      transcript,
      words: written,
      end_of_turn_confidence: event === "EndOfTurn" ? 1 : 0
    })
  }
  return {
    opened: () => send({ type: "Connected" }),
    message: (data) => {
      if (typeof data !== "string") {
        meter.add(data)
        const count = Audio.spoken(settings.words, meter.milliseconds()).length
        if (count > told) turnInfo(told === 0 ? "StartOfTurn" : "Update")
        told = count
      } else if (parseObject(data)?.["type"] === "CloseStream") {
        if (told > 0) turnInfo("EndOfTurn")
        socket.close(1000)
      }
    }
  }
}

/** Opens text to speech in turns, or refuses before the upgrade. */
export const speak = (account: Account, call: Call): Response | Session =>
  connect(account, call, modelOf(call, /^flux-/) ?? ((socket) => synthesize(socket, call)))

const synthesize = (socket: Socket, { url }: Call): Handlers => {
  const sampleRate = Number(url.searchParams.get("sample_rate")) || 24_000
  let texts: Array<string> = []
  let speech_id: string | undefined
  const flush = () => {
    if (speech_id === undefined) return
    for (const text of texts) socket.sendBytes(Speech.tone(text, sampleRate))
    texts = []
    socket.send({ type: "Flushed", speech_id })
    speech_id = undefined
  }
  return {
    opened: () =>
      socket.send({
        type: "Connected",
        request_id: crypto.randomUUID(),
        model_name: url.searchParams.get("model"),
        model_version: "2026-11-30.0",
        model_uuids: ["ecb76e9d-f2db-4127-8060-79b05590d22f"]
      }),
    message: (data) => {
      const message = typeof data === "string" ? parseObject(data) : undefined
      if (message?.["type"] === "Speak") {
        texts.push(stringOf(message["text"]) ?? "")
        if (speech_id === undefined) {
          speech_id = `dg_sp_${crypto.randomUUID().slice(-12)}`
          socket.send({ type: "SpeechStarted", speech_id })
        }
      }
      if (message?.["type"] === "Flush") flush()
      if (message?.["type"] === "Close") {
        flush()
        socket.close(1000)
      }
    }
  }
}

const modelOf = ({ url }: Call, known: RegExp): Failure | undefined =>
  known.test(url.searchParams.get("model") ?? "") ? undefined : invalidQuery("missing or unknown `model`")
