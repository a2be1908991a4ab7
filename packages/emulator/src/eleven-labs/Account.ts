/** The shared state of one emulator. */
import type { Sockets } from "../Sockets.ts"
import type { Credentials } from "./Credentials.ts"
import type { Settings } from "./Options.ts"

/**
 * The type of an error that ends a realtime transcription: https://www.npmjs.com/package/@elevenlabs/types, version
 * 0.23.0 (read 2026-11-21).
 */
export type StreamFailure =
  | "error"
  | "auth_error"
  | "quota_exceeded"
  | "commit_throttled"
  | "transcriber_error"
  | "unaccepted_terms"
  | "rate_limited"
  | "input_error"
  | "invalid_request"
  | "queue_overflow"
  | "resource_exhausted"
  | "session_time_limit_exceeded"
  | "chunk_size_exceeded"
  | "insufficient_audio_activity"

/** The state of one emulator. */
export interface Account {
  readonly settings: Settings
  readonly credentials: Credentials
  readonly sockets: Sockets
  /** The errors of the next transcriptions, in order. */
  readonly refusals: Array<StreamFailure>
}
