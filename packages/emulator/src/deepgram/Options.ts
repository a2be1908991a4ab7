/** The options of the emulated Deepgram, and their defaults. */
import { common, complete, type Complete } from "../Defaults.ts"
import type * as Emulator from "../Emulator.ts"

/** Options of the emulated Deepgram. */
export interface Options extends Emulator.Options {
  /**
   * The status of a grant with a wrong key: 401 `INVALID_AUTH` of https://developers.deepgram.com/docs/errors, or the
   * 400 `BAD_REQUEST` seen in https://github.com/deepgram-devs/nextjs-live-transcription/pull/38 (read 2026-11-21).
   *
   * @default 401
   */
  readonly wrongKeyStatus?: 400 | 401
  /** Gives the long-lived key at least the role Member, which a grant needs. @default true */
  readonly member?: boolean
  /**
   * The status of a grant with a key below Member: 403 `FORBIDDEN` of the guide to token-based authentication, or 401
   * `INSUFFICIENT_PERMISSIONS` of the page on errors.
   *
   * @default 403
   */
  readonly notMemberStatus?: 401 | 403
  /** Includes `expires_in` in a grant; the reference calls it optional. @default true */
  readonly expiresIn?: boolean
  /** Refuses fractions in `ttl_seconds`: one page calls it a double, another an integer. @default false */
  readonly wholeTtl?: boolean
  /**
   * Lets regional hosts grant tokens; the vendor's list of their features does not include it.
   *
   * @default false
   */
  readonly regionalGrants?: boolean
  /** The limit of open WebSockets. @default no limit, as the vendor's depends on the contract */
  readonly connections?: number
}

/** The options with all defaults. */
export type Settings = Complete<Options>

/** Adds the defaults. */
export const settings = (options: Options): Settings =>
  complete<Settings>(
    {
      ...common,
      apiKey: "d6".repeat(20),
      wrongKeyStatus: 401,
      member: true,
      notMemberStatus: 403,
      expiresIn: true,
      wholeTtl: false,
      regionalGrants: false,
      connections: Infinity
    },
    options
  )
