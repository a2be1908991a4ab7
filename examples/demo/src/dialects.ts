/** The messages of each vendor's realtime transcription API. An app would use the vendor's own client here. */
interface Heard {
  readonly words?: string
  readonly failure?: string
  /** True if the vendor is ready for audio. */
  readonly ready?: boolean
  readonly finished?: boolean
}

export interface Dialect {
  readonly start: Readonly<Record<string, unknown>>
  /** True if audio must wait for the vendor's first message. */
  readonly waits: boolean
  readonly end: (chunks: number) => string
  readonly read: (message: Readonly<Record<string, unknown>>) => Heard
}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

const soniox: Dialect = {
  start: { model: "stt-rt-v5", audio_format: "auto", language_hints: ["en"] },
  waits: false,
  end: () => "",
  read: (message) => {
    if ("error_code" in message) {
      return {
        failure: `${String(message["error_code"])} ${text(message["error_type"])}: ${text(message["error_message"])}`
      }
    }
    const tokens: ReadonlyArray<unknown> = Array.isArray(message["tokens"]) ? message["tokens"] : []
    const final = tokens.filter((token) => field(token, "is_final") === true).map((token) => text(field(token, "text")))
    return { words: final.join(""), finished: message["finished"] === true }
  }
}

const speechmatics: Dialect = {
  start: {
    message: "StartRecognition",
    audio_format: { type: "file" },
    transcription_config: { language: "en" }
  },
  waits: true,
  end: (chunks) => JSON.stringify({ message: "EndOfStream", last_seq_no: chunks }),
  read: (message) => {
    switch (message["message"]) {
      case "RecognitionStarted":
        return { ready: true }
      case "AddTranscript":
        return { words: text(field(message["metadata"], "transcript")) }
      case "EndOfTranscript":
        return { finished: true }
      case "Error":
        return { failure: `${text(message["type"])}: ${text(message["reason"])}` }
      default:
        return {}
    }
  }
}

export const dialects: Readonly<Record<string, Dialect>> = { soniox, speechmatics }
