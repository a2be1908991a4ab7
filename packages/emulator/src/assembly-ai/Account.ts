/** The shared state of one emulator. */
import type { Sockets } from "../Sockets.ts"
import type { SessionEnd } from "./Failures.ts"
import type { Settings } from "./Options.ts"
import type { Tokens } from "./Tokens.ts"

/** The state of one emulator. */
export interface Account {
  readonly settings: Settings
  readonly tokens: Tokens
  readonly streaming: Sockets
  readonly agents: Sockets
  /** The refusals of the next streaming sessions, in order. */
  readonly refusals: Array<SessionEnd>
}
