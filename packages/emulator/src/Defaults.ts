/** The options of an emulated vendor with all defaults. */
import { type Clock, systemClock } from "./Clock.ts"
import type { Options } from "./Emulator.ts"
import * as Speech from "./Speech.ts"

/** Options with all defaults, without those that only `Emulator.make` reads. */
export type Complete<O extends Options> = Required<Omit<O, "region" | "dateOffset" | "mintsPerMinute" | "retryAfter">>

/** The defaults that all vendors share. */
export const common: { readonly clock: Clock; readonly words: ReadonlyArray<string> } = {
  clock: systemClock,
  words: Speech.words
}

/** Replaces defaults by the options that are defined. */
export const complete = <S extends object>(defaults: S, options: Partial<S>): S => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
})
