/**
 * What everything that one emulator serves has in common.
 *
 * @since 0.1.0
 */
import type { JsonObject } from "../Json.ts"
import type { Lines } from "../Lines.ts"
import type { Settings } from "./Options.ts"
import type { Tokens } from "./Tokens.ts"

/**
 * The state of one emulator.
 *
 * @category models
 * @since 0.1.0
 */
export interface Account {
  readonly settings: Settings
  readonly tokens: Tokens
  readonly lines: Lines
  /** The setups that sessions were started or resumed with. */
  readonly setups: Array<JsonObject>
}
