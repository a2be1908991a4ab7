/** What everything that one emulator serves has in common. */
import type { JsonObject } from "../Json.ts"
import type { Lines } from "../Lines.ts"
import type { Settings } from "./Options.ts"
import type { Tokens } from "./Tokens.ts"

/** The state of one emulator. */
export interface Account {
  readonly settings: Settings
  readonly tokens: Tokens
  readonly lines: Lines
  /** The setups that sessions were started or resumed with. */
  readonly setups: Array<JsonObject>
}
