/** The options of the emulated Soniox, and their defaults. */
import type * as Emulator from "../Emulator.ts"
import { systemClock } from "../Emulator.ts"
import * as Speech from "../Speech.ts"

/** A permission of a long-lived key. */
export type Permission = "stt" | "tts" | "temporary_keys"

/** Options of the emulated Soniox. */
export interface Options extends Emulator.Options {
  /** The valid long-lived keys by region. @default only `apiKey`, in `region` */
  readonly apiKeys?: Readonly<Record<string, string>>
  /** The permissions of each long-lived key; a temporary key has only its usage type. @default all */
  readonly permissions?: Readonly<Record<string, ReadonlyArray<Permission>>>
  /** The prefix of temporary keys; older ones have `temp:`. @default "snx_temp_" */
  readonly keyForm?: "snx_temp_" | "temp:"
  /**
   * The end of keys in the first message; later, only the upgrade can contain the key.
   *
   * @default 2027-01-15, of https://soniox.com/docs/guides/migrate-websocket-authentication (read 2026-11-21)
   */
  readonly messageAuthUntil?: Date
  /** The time limit for the first message of a connection without a key, in milliseconds. @default 10,000 */
  readonly messageAuthGrace?: number
  /** Milliseconds after which a connection's key is checked if no stream has started. @default 1,000 */
  readonly keyCheckDelay?: number
  /** The limit of concurrent streams by product and region. @default 10 for stt, 3 for tts */
  readonly concurrentStreams?: { readonly stt?: number; readonly tts?: number }
  /** The limit of started streams in a minute, by product and region. @default 100 */
  readonly streamsPerMinute?: number
  /** The limit of authenticated connections by product and region; the vendor publishes no number. @default no limit */
  readonly connections?: number
}

/** The options with all defaults. */
export interface Settings {
  readonly clock: Emulator.Clock
  readonly words: ReadonlyArray<string>
  readonly region: string
  readonly apiKey: string
  readonly apiKeys: Readonly<Record<string, string>>
  readonly permissions: Readonly<Record<string, ReadonlyArray<Permission>>>
  readonly keyForm: "snx_temp_" | "temp:"
  readonly messageAuthUntil: number
  readonly messageAuthGrace: number
  readonly keyCheckDelay: number
  readonly concurrentStreams: { readonly stt: number; readonly tts: number }
  readonly streamsPerMinute: number
  readonly connections: number
}

/**
 * Adds the defaults.
 *
 * The limits are those of https://soniox.com/docs/stt/rt/limits-and-quotas and
 * https://soniox.com/docs/tts/rt/limits-and-quotas (read 2026-11-21).
 */
export const settings = (options: Options): Settings => {
  const region = options.region ?? "us"
  const apiKey = options.apiKey ?? options.apiKeys?.[region] ?? "5a".repeat(32)
  return {
    clock: options.clock ?? systemClock,
    words: options.words ?? Speech.words,
    region,
    apiKey,
    apiKeys: { ...options.apiKeys, [region]: apiKey },
    permissions: options.permissions ?? {},
    keyForm: options.keyForm ?? "snx_temp_",
    messageAuthUntil: (options.messageAuthUntil ?? new Date("2027-01-15T00:00:00Z")).getTime(),
    messageAuthGrace: options.messageAuthGrace ?? 10_000,
    keyCheckDelay: options.keyCheckDelay ?? 1_000,
    concurrentStreams: { stt: options.concurrentStreams?.stt ?? 10, tts: options.concurrentStreams?.tts ?? 3 },
    streamsPerMinute: options.streamsPerMinute ?? 100,
    connections: options.connections ?? Infinity
  }
}
