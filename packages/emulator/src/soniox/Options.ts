/** What a test may decide about the emulated Soniox, and the values that hold where it decides nothing. */
import type * as Emulator from "../Emulator.ts"
import { systemClock } from "../Emulator.ts"
import * as Speech from "../Speech.ts"

/** A product that a long-lived key may be kept from. */
export type Permission = "stt" | "tts" | "temporary_keys"

/** Settings of the emulated Soniox. */
export interface Options extends Emulator.Options {
  /** The long-lived keys to accept, by region. @default only `apiKey`, in `region` */
  readonly apiKeys?: Readonly<Record<string, string>>
  /** What each long-lived key may be used for; temporary keys are bound by their usage type alone. @default everything */
  readonly permissions?: Readonly<Record<string, ReadonlyArray<Permission>>>
  /** How temporary keys begin; older ones began with `temp:`. @default "snx_temp_" */
  readonly keyForm?: "snx_temp_" | "temp:"
  /**
   * Until when a key may come in the first message instead of with the connection.
   *
   * @default 2027-01-15, of https://soniox.com/docs/guides/migrate-websocket-authentication (read 2026-11-21)
   */
  readonly messageAuthUntil?: Date
  /** Milliseconds that a connection without a key may wait with its first message. @default 10,000 */
  readonly messageAuthGrace?: number
  /** Milliseconds after which a connection's key is checked where no stream has been started. @default 1,000 */
  readonly keyCheckDelay?: number
  /** Streams at a time, by product and region. @default 10 for stt, 3 for tts */
  readonly concurrentStreams?: { readonly stt?: number; readonly tts?: number }
  /** Streams that may be started in any minute, by product and region. @default 100 */
  readonly streamsPerMinute?: number
  /** Authenticated connections at a time, by product and region; the vendor names no number. @default no limit */
  readonly connections?: number
}

/** Settings with every question answered. */
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
 * Fills in the defaults.
 *
 * Limits are of https://soniox.com/docs/stt/rt/limits-and-quotas and https://soniox.com/docs/tts/rt/limits-and-quotas
 * (read 2026-11-21).
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
