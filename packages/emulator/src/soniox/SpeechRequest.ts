/** The request of both speech APIs: https://soniox.com/docs/api-reference/tts/websocket-api (read 2026-11-21). */
import * as Audio from "../Audio.ts"
import * as Speech from "../Speech.ts"
import { type Failure, invalid } from "./Failures.ts"
import type { JsonObject } from "../Json.ts"

/** The settings of a voice. Samples are signed 16-bit for every format; `wav` has a header. */
export interface SpeechRequest {
  readonly model: string
  readonly audioFormat: string
  readonly sampleRate: number
  readonly clientReferenceId: string | undefined
}

const models = new Set(["tts-rt-v2", "tts-rt-v1"])
const usualSampleRate = 24_000

// The longest audio of one stream: https://soniox.com/docs/tts/rt/limits-and-quotas (read 2026-11-21).
const longestAudio = 120_000

/** Reads the settings of a voice, or returns the first failure. */
export const read = (fields: JsonObject): SpeechRequest | Failure => {
  const missing = ["model", "language", "voice", "audio_format"].find(
    (name) => typeof fields[name] !== "string" || fields[name] === ""
  )
  if (missing !== undefined) return missingField(missing)
  const { sample_rate: sampleRate, client_reference_id: reference } = fields
  const model = String(fields.model)
  if (!models.has(model)) return modelNotAvailable
  const audioFormat = String(fields.audio_format)
  if (sampleRate !== undefined && sampleRate !== null && typeof sampleRate !== "number") {
    return invalid("Start request is malformed.")
  }
  if (typeof sampleRate !== "number" && Audio.isEncoding(audioFormat)) {
    return invalid("Audio data sample rate must be specified for PCM formats")
  }
  return {
    model,
    audioFormat,
    sampleRate: sampleRate ?? usualSampleRate,
    clientReferenceId: typeof reference === "string" ? reference : undefined
  }
}

/** Refuses a request without a required field. */
export const missingField = (name: string): Failure => invalid(`Missing required field: ${name}`)

const modelNotAvailable: Failure = {
  status: 400,
  type: "model_not_available",
  message:
    "The requested model is not available. See https://soniox.com/docs/tts/models for the list of supported models."
}

/** Speaks a text after this number of milliseconds of audio, cut at the limit of a stream. */
export const speak = (text: string, sampleRate: number, before = 0) => {
  const samples = Speech.tone(text, sampleRate)
  const milliseconds = before + (samples.length * 500) / sampleRate
  if (milliseconds <= longestAudio) return { samples, milliseconds, cut: false }
  const room = Math.floor(((longestAudio - before) * sampleRate) / 1000) * 2
  return { samples: samples.subarray(0, room), milliseconds: longestAudio, cut: true }
}
