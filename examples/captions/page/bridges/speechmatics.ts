/** https://docs.speechmatics.com/api-ref/realtime-transcription-websocket (read 2026-11-21) */
import type { Bridge } from "./bridge.ts"

interface Message {
  readonly message: string
  readonly type?: string
  readonly metadata?: { readonly transcript?: string; readonly end_time?: number }
}

/** The errors that another connection may avoid. */
const passing = [
  "not_authorised",
  "quota_exceeded",
  "job_error",
  "idle_timeout",
  "session_timeout",
  "buffer_error",
  "unknown_error"
]

export const speechmatics: Bridge = {
  first: (sampleRate) => ({
    message: "StartRecognition",
    audio_format: { type: "raw", encoding: "pcm_s16le", sample_rate: sampleRate },
    transcription_config: { language: "en", enable_partials: true, max_delay: 1 }
  }),
  waits: true,
  last: (pieces) => JSON.stringify({ message: "EndOfStream", last_seq_no: pieces }),
  read: (text) => {
    const { message, metadata, type = "error" }: Message = JSON.parse(text)
    const transcript = metadata?.transcript ?? ""
    switch (message) {
      case "RecognitionStarted":
        return { ready: true }
      case "AddPartialTranscript":
        return { partial: transcript }
      case "AddTranscript":
        return { final: transcript, partial: "", settled: metadata?.end_time ?? 0 }
      case "EndOfTranscript":
        return { finished: true }
      case "Error":
        return { failure: { name: type, passing: passing.includes(type), refused: type === "not_authorised" } }
      default:
        return {}
    }
  }
}
