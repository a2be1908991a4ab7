/** The options of the emulated AssemblyAI, and their defaults. */
import type * as Emulator from "../Emulator.ts"
import { systemClock } from "../Emulator.ts"
import * as Speech from "../Speech.ts"

/** Options of the emulated AssemblyAI. */
export interface Options extends Emulator.Options {
  /**
   * The form of an error in a streaming session: an Error `"message"` and a close, or the `"close"` alone, as on older
   * pages of the vendor.
   *
   * @default "message"
   */
  readonly failures?: "message" | "close"
  /**
   * Limits a token to the zone where it was minted. One page of the vendor requires that zone, and another says that
   * both zones accept a token.
   *
   * @default true
   */
  readonly strictZones?: boolean
  /** The limit of open streaming sessions; the vendor's depends on the contract. @default no limit */
  readonly concurrentSessions?: number
}

/** The options with all defaults. */
export interface Settings {
  readonly clock: Emulator.Clock
  readonly words: ReadonlyArray<string>
  readonly apiKey: string
  readonly failures: "message" | "close"
  readonly strictZones: boolean
  readonly concurrentSessions: number
}

/** Adds the defaults. */
export const settings = (options: Options): Settings => ({
  clock: options.clock ?? systemClock,
  words: options.words ?? Speech.words,
  apiKey: options.apiKey ?? "a5".repeat(16),
  failures: options.failures ?? "message",
  strictZones: options.strictZones ?? true,
  concurrentSessions: options.concurrentSessions ?? Infinity
})
