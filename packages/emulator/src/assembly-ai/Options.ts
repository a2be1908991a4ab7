/** The options of the emulated AssemblyAI, and their defaults. */
import { common, complete, type Complete } from "../Defaults.ts"
import type * as Emulator from "../Emulator.ts"

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
export type Settings = Complete<Options>

/** Adds the defaults. */
export const settings = (options: Options): Settings =>
  complete<Settings>(
    {
      ...common,
      apiKey: "a5".repeat(16),
      failures: "message",
      strictZones: true,
      concurrentSessions: Infinity
    },
    options
  )
