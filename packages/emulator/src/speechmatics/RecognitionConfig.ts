/**
 * The settings of a realtime session, from StartRecognition and SetRecognitionConfig.
 *
 * https://docs.speechmatics.com/api-ref/realtime-transcription-websocket#startrecognition (read 2026-11-21)
 */
import type { Format } from "../Audio.ts"
import { isObject, numberOf, objectOf, type JsonObject } from "../Json.ts"
import { languages } from "./Languages.ts"
import type { RealtimeError } from "./RealtimeErrors.ts"

/** The settings that the emulator supports; it ignores the others. */
export interface RecognitionConfig {
  readonly format: Format
  readonly quality: "broadcast" | "telephony"
  readonly language: string
  readonly partials: boolean
  /** The longest delay of a final transcript after the end of a word, in milliseconds. */
  readonly maxDelay: number
  /** The label of every word, with speaker diarization. */
  readonly speaker: string | undefined
  readonly getSpeakers: boolean
}

/** Reads a StartRecognition message. Its language must be that of the URL's path, if there is one. */
export const read = (
  message: JsonObject,
  pathLanguage: string | undefined,
  models: ReadonlySet<unknown>
): RecognitionConfig | RealtimeError => {
  const format = readFormat(message["audio_format"])
  if (format === undefined) return "invalid_audio_type"
  const config = message["transcription_config"]
  if (!isObject(config)) return "invalid_config"
  const { language, model = config["operating_point"] } = config
  if (typeof language !== "string" || !isValid(config)) return "invalid_config"
  if (!Object.hasOwn(languages, language) || language !== (pathLanguage ?? language)) return "invalid_language"
  if (model !== undefined && !models.has(model)) return "invalid_model"
  const diarized = config["diarization"] === "speaker"
  return {
    format,
    quality: format !== "file" && format.sampleRate < broadcastHertz ? "telephony" : "broadcast",
    language,
    partials: config["enable_partials"] === true,
    maxDelay: 1000 * (numberOf(config["max_delay"]) ?? defaultMaxDelay),
    speaker: diarized ? "S1" : undefined,
    getSpeakers: diarized && objectOf(config["speaker_diarization_config"])["get_speakers"] === true
  }
}

/** Applies a SetRecognitionConfig message. */
export const amend = (current: RecognitionConfig, message: JsonObject): RecognitionConfig | RealtimeError => {
  const config = message["transcription_config"]
  if (!isObject(config) || !isValid(config)) return "invalid_config"
  if (Object.keys(config).some((name) => !changeable.has(name))) return "invalid_config"
  if ((config["language"] ?? current.language) !== current.language) return "invalid_config"
  const maxDelay = numberOf(config["max_delay"])
  return {
    ...current,
    partials: typeof config["enable_partials"] === "boolean" ? config["enable_partials"] : current.partials,
    maxDelay: maxDelay === undefined ? current.maxDelay : maxDelay * 1000
  }
}

// From 12 kHz the broadcast model is used, below it the telephony model.
const broadcastHertz = 12_000

// In seconds.
const leastMaxDelay = 0.7
const defaultMaxDelay = 4
const greatestMaxDelay = 4

/** The models of realtime transcription. */
export const realtimeModels: ReadonlySet<unknown> = new Set(["standard", "enhanced", "melia-1"])

const encodings: ReadonlyArray<Exclude<Format, "file">["encoding"]> = ["pcm_f32le", "pcm_s16le", "mulaw"]

const changeable: ReadonlySet<string> = new Set([
  "language",
  "max_delay",
  "max_delay_mode",
  "audio_filtering_config",
  "enable_partials",
  "conversation_config"
])

const readFormat = (value: unknown): Format | undefined => {
  const { type, encoding: name, sample_rate: rate } = objectOf(value)
  if (type === "file") return "file"
  const encoding = encodings.find((known) => known === name)
  if (type !== "raw" || encoding === undefined || typeof rate !== "number" || !(rate > 0)) return undefined
  return { encoding, sampleRate: rate, channels: 1 }
}

const isValid = (config: JsonObject): boolean => {
  const { enable_partials: partials = false, max_delay: delay = defaultMaxDelay } = config
  const inRange = typeof delay === "number" && delay >= leastMaxDelay && delay <= greatestMaxDelay
  return typeof partials === "boolean" && inRange
}
