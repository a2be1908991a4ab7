/** The shared state of one emulator. */
import type { JsonObject } from "../Json.ts"
import type { Sockets } from "../Sockets.ts"
import type { Settings } from "./Options.ts"
import type { Tokens } from "./Tokens.ts"

/** The state of one emulator. */
export interface Account {
  readonly settings: Settings
  readonly tokens: Tokens
  readonly sockets: Sockets
  /** The setup of each started or resumed session. */
  readonly setups: Array<JsonObject>
}
