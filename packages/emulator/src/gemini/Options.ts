/** What a test may decide about the emulated Gemini Live API, and the values that hold where it decides nothing. */
import type * as Emulator from "../Emulator.ts"
import { systemClock } from "../Emulator.ts"
import * as Speech from "../Speech.ts"

/** A version of the API that knows tokens. */
export type Version = "v1alpha" | "v1beta"

/** A field of a token that a reply may tell again. */
export type Echoed = "expireTime" | "newSessionExpireTime" | "uses"

/** Settings of the emulated Gemini Live API. */
export interface Options extends Emulator.Options {
  /**
   * The versions that mint tokens and open sessions with them: `v1alpha` in `@google/genai` 3.3.0, `v1beta` on the
   * vendor's page of 2026-09-17 (both read 2026-11-30). @default both
   */
  readonly versions?: ReadonlyArray<Version>
  /**
   * What the reply to a mint tells beside the name. The reference has these fields for input only; clients exist that
   * read them. @default none
   */
  readonly echo?: ReadonlyArray<Echoed>
  /**
   * Cuts a session at its token's `expireTime`; otherwise the next message is refused. The reference leaves both open.
   *
   * @default true
   */
  readonly cutAtExpiry?: boolean
}

/** Settings with every question answered. */
export interface Settings {
  readonly clock: Emulator.Clock
  readonly words: ReadonlyArray<string>
  readonly region: string
  readonly apiKey: string
  readonly versions: ReadonlyArray<Version>
  readonly echo: ReadonlyArray<Echoed>
  readonly cutAtExpiry: boolean
}

/** All versions that know tokens. */
export const versions: ReadonlyArray<Version> = ["v1alpha", "v1beta"]

/** Fills in the defaults. */
export const settings = (options: Options): Settings => ({
  clock: options.clock ?? systemClock,
  words: options.words ?? Speech.words,
  region: options.region ?? "global",
  apiKey: options.apiKey ?? `AIza${"5a".repeat(17)}5`,
  versions: options.versions ?? versions,
  echo: options.echo ?? [],
  cutAtExpiry: options.cutAtExpiry ?? true
})
