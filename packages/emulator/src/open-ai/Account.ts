/** The shared state of one emulator. */
import type { Lines } from "../Lines.ts"
import type { Failure } from "./Failures.ts"
import type { Settings } from "./Options.ts"
import type { Secrets } from "./Secrets.ts"

/** The state of one emulator. */
export interface Account {
  readonly settings: Settings
  readonly secrets: Secrets
  readonly lines: Lines
  /** The refusals of the next sessions, in order. */
  readonly refusals: Array<Failure>
}
