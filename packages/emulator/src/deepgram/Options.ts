/** What a test may decide about the emulated Deepgram, and the values that hold where it decides nothing. */
import type * as Emulator from "../Emulator.ts"
import { systemClock } from "../Emulator.ts"
import * as Speech from "../Speech.ts"

/** Settings of the emulated Deepgram. */
export interface Options extends Emulator.Options {
  /**
   * How a grant with a wrong key is refused: 401 `INVALID_AUTH` of https://developers.deepgram.com/docs/errors, or the
   * 400 `BAD_REQUEST` seen in https://github.com/deepgram-devs/nextjs-live-transcription/pull/38 (read 2026-11-21).
   *
   * @default 401
   */
  readonly wrongKeyStatus?: 400 | 401
  /** Whether the long-lived key has at least the role Member, which a grant needs. @default true */
  readonly member?: boolean
  /**
   * How a grant with a key below Member is refused: 403 `FORBIDDEN` of the guide to token-based authentication, or 401
   * `INSUFFICIENT_PERMISSIONS` of the page on errors.
   *
   * @default 403
   */
  readonly notMemberStatus?: 401 | 403
  /** Whether a grant says `expires_in`, which the reference calls optional. @default true */
  readonly expiresIn?: boolean
  /** Whether `ttl_seconds` must be whole: one page calls it a double, another an integer. @default false */
  readonly wholeTtl?: boolean
  /**
   * Whether regional hosts grant tokens; the vendor's list of what they support does not have it.
   *
   * @default false
   */
  readonly regionalGrants?: boolean
  /** WebSockets that may be open at once. @default no limit, as it is a matter of contract */
  readonly connections?: number
}

/** Settings with every question answered. */
export interface Settings {
  readonly clock: Emulator.Clock
  readonly words: ReadonlyArray<string>
  readonly apiKey: string
  readonly wrongKeyStatus: 400 | 401
  readonly member: boolean
  readonly notMemberStatus: 401 | 403
  readonly expiresIn: boolean
  readonly wholeTtl: boolean
  readonly regionalGrants: boolean
  readonly connections: number
}

/** Fills in the defaults. */
export const settings = (options: Options): Settings => ({
  clock: options.clock ?? systemClock,
  words: options.words ?? Speech.words,
  apiKey: options.apiKey ?? "d6".repeat(20),
  wrongKeyStatus: options.wrongKeyStatus ?? 401,
  member: options.member ?? true,
  notMemberStatus: options.notMemberStatus ?? 403,
  expiresIn: options.expiresIn ?? true,
  wholeTtl: options.wholeTtl ?? false,
  regionalGrants: options.regionalGrants ?? false,
  connections: options.connections ?? Infinity
})
