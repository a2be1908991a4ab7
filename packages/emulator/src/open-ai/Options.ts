/** The options of the emulated OpenAI, and their defaults. */
import type * as Emulator from "../Emulator.ts"
import { systemClock } from "../Emulator.ts"
import * as Speech from "../Speech.ts"

/** Options of the emulated OpenAI. */
export interface Options extends Emulator.Options {
  /**
   * Requires the anchor in `expires_after`: the types of `openai` 7.57.0 call it optional, `@ai-sdk/openai` 4.0.118
   * reports that the vendor refuses a body without it.
   *
   * @default true
   */
  readonly anchorRequired?: boolean
  /**
   * The limit of a session in milliseconds; the vendor's is 60 minutes.
   *
   * @default 3,600,000
   */
  readonly sessionLimit?: number
}

/** The options with all defaults. */
export interface Settings {
  readonly clock: Emulator.Clock
  readonly words: ReadonlyArray<string>
  readonly apiKey: string
  readonly anchorRequired: boolean
  readonly sessionLimit: number
}

/** Adds the defaults. */
export const settings = (options: Options): Settings => ({
  clock: options.clock ?? systemClock,
  words: options.words ?? Speech.words,
  apiKey: options.apiKey ?? `sk-emulated-${"0a".repeat(20)}`,
  anchorRequired: options.anchorRequired ?? true,
  sessionLimit: options.sessionLimit ?? 60 * 60_000
})
