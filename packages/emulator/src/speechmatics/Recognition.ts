/**
 * The protocol inside a realtime session: from StartRecognition through audio and transcripts to EndOfTranscript.
 *
 * https://docs.speechmatics.com/api-ref/realtime-transcription-websocket (read 2026-11-21)
 *
 * @since 0.1.0
 */
import * as Speech from "../Speech.ts"
import type { JsonObject } from "./Json.ts"
import { numberOf, parse } from "./Json.ts"
import * as Languages from "./Languages.ts"
import type { RealtimeError } from "./RealtimeErrors.ts"
import { amend, read, type RecognitionConfig } from "./RecognitionConfig.ts"
import * as Transcript from "./Transcript.ts"

/**
 * What a recognition may do to its client.
 *
 * @category models
 * @since 0.1.0
 */
export interface Client {
  readonly send: (message: JsonObject) => void
  /** Sends the Error message and closes. */
  readonly fail: (type: RealtimeError) => void
}

/**
 * The vendor's end of one session's protocol.
 *
 * @category models
 * @since 0.1.0
 */
export interface Recognition {
  readonly audio: (bytes: Uint8Array) => void
  readonly message: (text: string) => void
}

/**
 * Makes a recognition that waits for StartRecognition; `language` is the one in the URL's path, when there is one.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (client: Client, words: ReadonlyArray<string>, language: string | undefined): Recognition => {
  let running: Running | undefined

  const start = (message: JsonObject) => {
    if (running !== undefined) return client.fail("protocol_error")
    const config = read(message, language)
    if (typeof config === "string") return client.fail(config)
    client.send({
      message: "RecognitionStarted",
      orchestrator_version: Transcript.orchestratorVersion,
      id: crypto.randomUUID(),
      language_pack_info: Languages.pack(config.language)
    })
    client.send({
      message: "Info",
      type: "recognition_quality",
      reason: `Running recognition using a ${config.quality} model quality.`,
      quality: config.quality
    })
    running = run(client, words, config)
  }

  return {
    audio: (bytes) => (running === undefined ? client.fail("protocol_error") : running.audio(bytes)),
    message: (text) => {
      const message = parse(text)
      if (message?.["message"] === "StartRecognition") start(message)
      else if (message === undefined || typeof message["message"] !== "string") client.fail("invalid_message")
      else if (running === undefined) client.fail("protocol_error")
      else running.message(message["message"], message)
    }
  }
}

interface Running {
  readonly audio: (bytes: Uint8Array) => void
  readonly message: (name: string, message: JsonObject) => void
}

const run = (client: Client, words: ReadonlyArray<string>, initial: RecognitionConfig): Running => {
  let config = initial
  let sequence = 0
  let speakersAtEnd = config.getSpeakers
  let ended = false
  const meter = Speech.meter(config.format)
  const transcriber = transcribe(client, words, () => config)

  const sendSpeakers = () => {
    const heard = Speech.spoken(words, meter.milliseconds()).length > 0
    const speakers = heard ? [{ label: "S1", speaker_identifiers: [btoa("S1")] }] : []
    client.send({ message: "SpeakersResult", speakers })
  }

  const handlers: Readonly<Record<string, (message: JsonObject) => void>> = {
    SetRecognitionConfig: (message) => {
      const amended = amend(config, message)
      if (typeof amended === "string") client.fail(amended)
      else config = amended
    },
    GetSpeakers: (message) => {
      if (message["final"] === true) speakersAtEnd = true
      else sendSpeakers()
    },
    ForceEndOfUtterance: (message) => {
      const until = Math.min(meter.milliseconds(), 1000 * (numberOf(message["timestamp"]) ?? Infinity))
      transcriber.force(until)
    },
    EndOfStream: (message) => {
      if (numberOf(message["last_seq_no"]) === undefined) return client.fail("invalid_message")
      ended = true
      transcriber.finish(meter.milliseconds())
      if (speakersAtEnd) sendSpeakers()
      client.send({ message: "EndOfTranscript" })
    },
    // Sessions with several channels are not part of this contract.
    AddChannelAudio: () => client.fail("not_allowed"),
    EndOfChannel: () => client.fail("not_allowed")
  }

  return {
    audio: (bytes) => {
      if (ended) {
        return client.send({
          message: "Warning",
          type: "add_audio_after_eos",
          reason: "Protocol specification doesn't allow adding audio after `EndOfStream` has been received."
        })
      }
      meter.add(bytes)
      sequence += 1
      client.send({ message: "AudioAdded", seq_no: sequence })
      transcriber.hear(meter.milliseconds())
    },
    message: (name, message) => {
      const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined
      if (handler === undefined) client.fail("invalid_message")
      else if (ended) client.fail("protocol_error")
      else handler(message)
    }
  }
}

const transcribe = (client: Client, words: ReadonlyArray<string>, config: () => RecognitionConfig) => {
  let finals = 0
  let partials = 0
  let finalUntil = 0

  const send = (message: string, segment: ReadonlyArray<Speech.Word>, end: number, extra: JsonObject = {}) => {
    const { language, speaker } = config()
    const transcript = Transcript.text(segment)
    client.send({
      message,
      format: Transcript.formatVersion,
      results: Transcript.results(segment, language, speaker),
      metadata: {
        end_time: end / 1000,
        start_time: finalUntil / 1000,
        // Finals are to be strung together as they come.
        transcript: message === "AddTranscript" && transcript !== "" ? `${transcript} ` : transcript
      },
      ...extra
    })
  }

  const finalise = (spoken: ReadonlyArray<Speech.Word>, extra: JsonObject) => {
    const segment = spoken.slice(finals)
    const end = segment.at(-1)?.endMilliseconds ?? finalUntil
    send("AddTranscript", segment, end, extra)
    finals = Math.max(finals, spoken.length)
    finalUntil = end
  }

  const hear = (heard: number) => {
    const settled = Speech.spoken(words, heard - config().maxDelay)
    const news = settled.length > finals
    if (news) finalise(settled, {})
    const spoken = Speech.spoken(words, heard)
    if (config().partials && (news || spoken.length > partials))
      send("AddPartialTranscript", spoken.slice(finals), heard)
    partials = spoken.length
  }

  return {
    hear,
    force: (until: number) => {
      finalise(Speech.spoken(words, until), { forced: true })
      const metadata = { start_time: until / 1000, end_time: until / 1000 }
      client.send({ message: "EndOfUtterance", metadata, forced: true })
    },
    finish: (heard: number) => {
      const spoken = Speech.spoken(words, heard)
      if (spoken.length > finals) finalise(spoken, {})
    }
  }
}
