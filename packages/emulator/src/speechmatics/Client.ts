/** The client of a realtime session, for the parts of the session. */
import type { JsonObject } from "../Json.ts"
import type { RealtimeError } from "./RealtimeErrors.ts"

/** The client of one realtime session. */
export interface Client {
  /** Sends a message of JSON. */
  readonly send: (message: JsonObject) => void
  /** Sends the Error message of this type and closes. */
  readonly fail: (type: RealtimeError) => void
}
