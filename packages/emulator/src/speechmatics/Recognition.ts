/**
 * The protocol inside a realtime session: from StartRecognition through audio and transcripts to EndOfTranscript.
 *
 * https://docs.speechmatics.com/api-ref/realtime-transcription-websocket (read 2026-11-21)
 */
import * as Audio from "../Audio.ts"
import { numberOf, parseObject, type JsonObject } from "../Json.ts"
import type { Client } from "./Client.ts"
import * as Languages from "./Languages.ts"
import { amend, read, realtimeModels, type RecognitionConfig } from "./RecognitionConfig.ts"
import * as Transcriber from "./Transcriber.ts"
import { orchestratorVersion } from "./Transcript.ts"

/** The vendor's end of one session's protocol. */
export interface Recognition {
  readonly audio: (bytes: Uint8Array) => void
  readonly message: (text: string) => void
}

/**
 * Makes a recognition that waits for StartRecognition. `language` is that of the URL's path, if any, and `models` are
 * the allowed models.
 */
export const make = (
  client: Client,
  words: ReadonlyArray<string>,
  language: string | undefined,
  models: ReadonlySet<unknown> = realtimeModels
): Recognition => {
  let running: Running | undefined

  const start = (message: JsonObject) => {
    if (running !== undefined) return client.fail("protocol_error")
    const config = read(message, language, models)
    if (typeof config === "string") return client.fail(config)
    client.send({
      message: "RecognitionStarted",
      orchestrator_version: orchestratorVersion,
      id: crypto.randomUUID(),
      language_pack_info: Languages.pack(config.language)
    })
    // The specification sends this right after the handshake, before the audio format is known.
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
      const message = parseObject(text)
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
  const meter = Audio.meter(config.format)
  const transcriber = Transcriber.make(client, words, () => config)

  const sendSpeakers = () => {
    const speakers = Audio.spoken(words, meter.milliseconds()).length > 0 ? [onlySpeaker] : []
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
    ForceEndOfUtterance: (message) =>
      transcriber.force(Math.min(meter.milliseconds(), 1000 * (numberOf(message["timestamp"]) ?? Infinity))),
    EndOfStream: (message) => {
      if (numberOf(message["last_seq_no"]) === undefined) return client.fail("invalid_message")
      ended = true
      transcriber.finish(meter.milliseconds())
      if (speakersAtEnd) sendSpeakers()
      client.send({ message: "EndOfTranscript" })
    },
    // The emulated contract does not include sessions with several channels.
    AddChannelAudio: () => client.fail("not_allowed"),
    EndOfChannel: () => client.fail("not_allowed")
  }

  return {
    audio: (bytes) => {
      if (ended) return client.send(audioAfterEnd)
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

const onlySpeaker = { label: "S1", speaker_identifiers: [btoa("S1")] }

const audioAfterEnd = {
  message: "Warning",
  type: "add_audio_after_eos",
  reason: "Protocol specification doesn't allow adding audio after `EndOfStream` has been received."
}
