/** The first message of a transcription: https://soniox.com/docs/api-reference/stt/websocket-api (read 2026-10-10). */
import * as Audio from "../Audio.ts"
import { type Failure, invalid, isFailure } from "./Failures.ts"
import { isObject, type JsonObject } from "../Json.ts"

/** The fields of a start request that the emulator supports. */
export interface StartRequest {
  readonly model: string
  readonly format: Audio.Format
  readonly clientReferenceId: string | undefined
  readonly endpoints: boolean
  readonly speakers: boolean
  /** The language of tokens, if language identification was requested. */
  readonly language: string | undefined
}

const models = new Set(["stt-rt-v5", "stt-rt-v4", "stt-rt-preview"])

const mostContextTokens = 8000
const longestReference = 256

/** The refusal of an unreadable start request. */
export const malformed = invalid("Start request is malformed.")

/** Reads a start request, or returns the first failure. */
export const read = (fields: JsonObject): StartRequest | Failure => {
  const { model, client_reference_id: reference, language_hints: hints } = fields
  if (typeof model !== "string") return malformed
  if (!models.has(model)) return modelNotAvailable
  const format = readFormat(fields)
  if (typeof format === "object" && isFailure(format)) return format
  const failure =
    hintsFailure(hints) ?? referenceFailure(reference) ?? contextFailure(fields.context) ?? settingsFailure(fields)
  if (failure !== undefined) return failure
  const language = isList(hints) && typeof hints[0] === "string" ? hints[0] : "en"
  return {
    model,
    format,
    clientReferenceId: typeof reference === "string" ? reference : undefined,
    endpoints: fields.enable_endpoint_detection === true,
    speakers: fields.enable_speaker_diarization === true,
    language: fields.enable_language_identification === true ? language : undefined
  }
}

const modelNotAvailable: Failure = {
  status: 400,
  type: "model_not_available",
  message:
    "The requested model is not available. See https://soniox.com/docs/stt/models for the list of supported models."
}

const absent = (value: unknown): value is undefined | null => value === undefined || value === null

const isList = (value: unknown): value is ReadonlyArray<unknown> => Array.isArray(value)

const isPositive = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value > 0

const readFormat = (fields: JsonObject): Audio.Format | Failure => {
  const { audio_format: encoding, sample_rate: sampleRate, num_channels: channels } = fields
  if (absent(encoding) || encoding === "") {
    return invalid(
      'Missing audio format. Specify a valid audio format (e.g. s16le, f32le, wav, ogg, flac...) or "auto" for auto format detection.'
    )
  }
  if (typeof encoding !== "string") return malformed
  if (!Audio.isEncoding(encoding)) return "file"
  if (absent(sampleRate)) return invalid("Audio data sample rate must be specified for PCM formats")
  if (absent(channels)) return invalid("Audio data channels must be specified for PCM formats")
  return isPositive(sampleRate) && isPositive(channels) ? { encoding, sampleRate, channels } : malformed
}

const hintsFailure = (hints: unknown): Failure | undefined => {
  if (absent(hints)) return undefined
  if (!isList(hints)) return malformed
  if (hints.some((hint) => typeof hint !== "string" || !/^[a-z]{2,3}$/.test(hint))) {
    return invalid("Invalid language hint.")
  }
  return new Set(hints).size < hints.length ? invalid("Language hints must be unique.") : undefined
}

const referenceFailure = (reference: unknown): Failure | undefined => {
  if (absent(reference)) return undefined
  if (typeof reference !== "string") return malformed
  const { length } = Array.from(reference)
  if (length <= longestReference) return undefined
  return invalid(
    `\`client_reference_id\` is ${length} characters, which exceeds the maximum allowed length of ${longestReference}.`
  )
}

// Counts words in place of the vendor's tokens.
const contextFailure = (context: unknown): Failure | undefined => {
  if (absent(context)) return undefined
  if (typeof context !== "string" && !isObject(context)) return malformed
  const text = typeof context === "string" ? context : JSON.stringify(context)
  const tokens = text.split(/\s+/).filter((word) => word !== "").length
  if (tokens <= mostContextTokens) return undefined
  return invalid(`Context is too long: ${tokens} tokens, the maximum is ${mostContextTokens} tokens.`)
}

const ranges: Readonly<Record<string, readonly [minimum: number, maximum: number]>> = {
  max_endpoint_delay_ms: [500, 3000],
  endpoint_sensitivity: [-1, 1],
  endpoint_latency_adjustment_level: [0, Infinity]
}

const switches = [
  "language_hints_strict",
  "enable_speaker_diarization",
  "enable_language_identification",
  "enable_endpoint_detection"
]

const settingsFailure = (fields: JsonObject): Failure | undefined => {
  const numbers = Object.entries(ranges).every(([name, [minimum, maximum]]) => {
    const value = fields[name]
    return absent(value) || (typeof value === "number" && value >= minimum && value <= maximum)
  })
  const flags = switches.every((name) => absent(fields[name]) || typeof fields[name] === "boolean")
  return numbers && flags && isTranslation(fields.translation) ? undefined : malformed
}

const isTranslation = (value: unknown): boolean => {
  if (absent(value)) return true
  if (!isObject(value)) return false
  const wanted = value.type === "one_way" ? ["target_language"] : ["language_a", "language_b"]
  return (
    (value.type === "one_way" || value.type === "two_way") && wanted.every((name) => typeof value[name] === "string")
  )
}
