/** What everything that one emulator serves has in common. */
import type { Lines } from "../Lines.ts"
import type { SessionEnd } from "./Failures.ts"
import type { Settings } from "./Options.ts"
import type { Tokens } from "./Tokens.ts"

/** The state of one emulator. */
export interface Account {
  readonly settings: Settings
  readonly tokens: Tokens
  readonly streaming: Lines
  readonly agents: Lines
  /** What the next streaming sessions are refused with, in order. */
  readonly refusals: Array<SessionEnd>
}
