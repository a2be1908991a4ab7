/** The shared state of one emulator. */
import type { Sockets } from "../Sockets.ts"
import type { Failure } from "./Failures.ts"
import type { Settings } from "./Options.ts"
import type { Secrets } from "./Secrets.ts"

/** The state of one emulator. */
export interface Account {
  readonly settings: Settings
  readonly secrets: Secrets
  readonly sockets: Sockets
  /** The refusals of the next sessions, in order. */
  readonly refusals: Array<Failure>
}
