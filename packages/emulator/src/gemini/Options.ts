/** The options of the emulated Gemini Live API, and their defaults. */
import { common, complete, type Complete } from "../Defaults.ts"
import type * as Emulator from "../Emulator.ts"

/** An API version that has tokens. */
export type Version = "v1alpha" | "v1beta"

/** A field of a token that the response can repeat. */
export type Echoed = "expireTime" | "newSessionExpireTime" | "uses"

/** Options of the emulated Gemini Live API. */
export interface Options extends Emulator.Options {
  /**
   * The API versions that mint tokens and accept them: `v1alpha` in `@google/genai` 3.3.0, `v1beta` on the vendor's
   * page of 2026-09-17 (both read 2026-11-30). @default both
   */
  readonly versions?: ReadonlyArray<Version>
  /**
   * The fields in the response to a mint, besides the name. The reference has them for input only, but some clients
   * read them. @default none
   */
  readonly echo?: ReadonlyArray<Echoed>
  /**
   * Cuts a session at its token's `expireTime`; otherwise the next message is refused. The reference allows both.
   *
   * @default true
   */
  readonly cutAtExpiry?: boolean
}

/** The options with all defaults. */
export type Settings = Complete<Options> & { readonly region: string }

/** All API versions that have tokens. */
export const versions: ReadonlyArray<Version> = ["v1alpha", "v1beta"]

/** Adds the defaults. */
export const settings = (options: Options): Settings =>
  complete<Settings>(
    {
      ...common,
      region: "global",
      apiKey: `AIza${"5a".repeat(17)}5`,
      versions,
      echo: [],
      cutAtExpiry: true
    },
    options
  )
