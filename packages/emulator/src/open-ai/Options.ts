/** The options of the emulated OpenAI, and their defaults. */
import { common, complete, type Complete } from "../Defaults.ts"
import type * as Emulator from "../Emulator.ts"

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
export type Settings = Complete<Options>

/** Adds the defaults. */
export const settings = (options: Options): Settings =>
  complete<Settings>(
    {
      ...common,
      apiKey: `sk-emulated-${"0a".repeat(20)}`,
      anchorRequired: true,
      sessionLimit: 60 * 60_000
    },
    options
  )
