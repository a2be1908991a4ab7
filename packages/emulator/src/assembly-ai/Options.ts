/** What a test may decide about the emulated AssemblyAI, and the values that hold where it decides nothing. */
import type * as Emulator from "../Emulator.ts"
import { systemClock } from "../Emulator.ts"
import * as Speech from "../Speech.ts"

/** Settings of the emulated AssemblyAI. */
export interface Options extends Emulator.Options {
  /**
   * How a streaming session says why it fails: by an Error `"message"` and a close, or by the `"close"` alone, as older
   * pages of the vendor have it.
   *
   * @default "message"
   */
  readonly failures?: "message" | "close"
  /**
   * Whether a token opens sessions only in the zone that it was minted in: the vendor asks for that, and says on another
   * page that both zones accept a token.
   *
   * @default true
   */
  readonly strictZones?: boolean
  /** Streaming sessions that may be open at once; the vendor's limit is a matter of contract. @default no limit */
  readonly concurrentSessions?: number
}

/** Settings with every question answered. */
export interface Settings {
  readonly clock: Emulator.Clock
  readonly words: ReadonlyArray<string>
  readonly apiKey: string
  readonly failures: "message" | "close"
  readonly strictZones: boolean
  readonly concurrentSessions: number
}

/** Fills in the defaults. */
export const settings = (options: Options): Settings => ({
  clock: options.clock ?? systemClock,
  words: options.words ?? Speech.words,
  apiKey: options.apiKey ?? "a5".repeat(16),
  failures: options.failures ?? "message",
  strictZones: options.strictZones ?? true,
  concurrentSessions: options.concurrentSessions ?? Infinity
})
