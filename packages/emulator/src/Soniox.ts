/**
 * An emulator of Soniox, written from its documents: temporary keys, and both realtime APIs that they open. As the
 * vendor documents it, a key expires, can be spent, belongs to a product and a region, and can limit the length of a
 * stream.
 *
 * ```ts
 * import * as Soniox from "@tempcred/emulator/Soniox"
 *
 * const soniox = Soniox.make({ keyForm: "temp:" })
 * const answer = await soniox.handle(
 *   new Request("https://api.eu.soniox.com/v1/auth/temporary-api-key", {
 *     method: "POST",
 *     headers: { authorization: `Bearer ${soniox.apiKey}` },
 *     body: JSON.stringify({ usage_type: "tts_rt", expires_in_seconds: 60 })
 *   })
 * )
 * // The key is one of the United States.
 * console.log(answer.status, soniox.issued) // => 401 []
 * ```
 *
 * @since 0.1.0
 */

import * as Emulator from "./Emulator.ts"
import type { Fault } from "./Faults.ts"
import type { Account } from "./soniox/Account.ts"
import * as Failures from "./soniox/Failures.ts"
import type { MintFailure, StreamFailure } from "./soniox/Failures.ts"
import * as Keys from "./soniox/Keys.ts"
import type { IssuedKey } from "./soniox/Keys.ts"
import { mint, unauthorized } from "./soniox/Minting.ts"
import { type Options, settings } from "./soniox/Options.ts"
import { preflight, speech } from "./soniox/SpeechRoute.ts"
import * as Synthesis from "./soniox/Synthesis.ts"
import * as Transcription from "./soniox/Transcription.ts"
import * as Usage from "./soniox/Usage.ts"

export type { MintFailure, StreamFailure } from "./soniox/Failures.ts"
export type { IssuedKey, UsageType } from "./soniox/Keys.ts"
export type { Options, Permission } from "./soniox/Options.ts"

/**
 * The route that mints temporary keys.
 *
 * @category constants
 * @since 0.1.0
 */
export const mintRoute = "POST /v1/auth/temporary-api-key"

/**
 * The WebSocket of a transcription.
 *
 * @category constants
 * @since 0.1.0
 */
export const transcribeRoute = "/transcribe-websocket"

/**
 * The WebSocket of text to speech.
 *
 * @category constants
 * @since 0.1.0
 */
export const speechSocketRoute = "/tts-websocket"

/**
 * The route of text to speech in one request.
 *
 * @category constants
 * @since 0.1.0
 */
export const speechRoute = "POST /tts"

/**
 * The route that states how many streams are open.
 *
 * @category constants
 * @since 0.1.0
 */
export const concurrencyLimitsRoute = "GET /v1/concurrency-limits"

/**
 * The route that lists completed streams.
 *
 * @category constants
 * @since 0.1.0
 */
export const usageLogsRoute = "GET /v1/usage-logs"

/**
 * An emulated Soniox, with controls for tests.
 *
 * @category models
 * @since 0.1.0
 */
export interface Soniox extends Emulator.Emulator {
  /** The temporary keys minted so far. */
  readonly issued: ReadonlyArray<IssuedKey>
  /** The number of open WebSockets. */
  readonly sessions: number
  /** Expires every temporary key; open streams continue. */
  readonly expireAll: () => void
  /** Refuses the next streams of either product with this failure. @default times 1 */
  readonly refuseSessions: (failure: StreamFailure, times?: number) => void
  /** Ends every open connection with this failure. */
  readonly interrupt: (failure: StreamFailure) => void
}

/**
 * Makes an emulated Soniox.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): Soniox => {
  const chosen = settings(options)
  const account: Account = {
    settings: chosen,
    keys: Keys.make(chosen),
    usage: Usage.make(chosen),
    connections: new Set(),
    refusals: []
  }
  const { keys, usage, connections, refusals } = account
  const emulator = Emulator.make(
    {
      vendor: "soniox",
      apiKey: chosen.apiKey,
      region: chosen.region,
      hosts,
      env: (origin) => env(chosen.apiKey, origin),
      routes: {
        [mintRoute]: (call) => mint(chosen, keys, call),
        [concurrencyLimitsRoute]: (call) => unauthorized(keys, call) ?? usage.limits(call),
        [usageLogsRoute]: (call) => unauthorized(keys, call) ?? usage.logs(call),
        [speechRoute]: (call) => speech(account, call),
        "OPTIONS /tts": preflight
      },
      sockets: {
        [transcribeRoute]: (call) => Transcription.session(account, call),
        [speechSocketRoute]: (call) => Synthesis.session(account, call)
      },
      unknown,
      minting: [mintRoute],
      tooMany: () => Failures.refuse(Failures.mintFailures.limit_exceeded)
    },
    options
  )
  return {
    ...emulator,
    get issued() {
      return keys.issued()
    },
    get sessions() {
      return connections.size
    },
    expireAll: keys.expireAll,
    refuseSessions: (failure, times = 1) => {
      for (let left = times; left > 0; left -= 1) refusals.push(Failures.streamFailures[failure])
    },
    interrupt: (failure) => {
      for (const connection of connections) connection.fail(Failures.streamFailures[failure])
    }
  }
}

/**
 * Makes a fault that answers a mint with one of the vendor's own errors.
 *
 * @category constructors
 * @since 0.1.0
 */
export const mintFault = (failure: MintFailure, headers: Readonly<Record<string, string>> = {}): Fault => ({
  status: Failures.mintFailures[failure].status,
  body: Failures.apiError(Failures.mintFailures[failure]),
  headers
})

// https://soniox.com/docs/stt/data-residency (read 2026-11-21); India was added in autumn 2026.
const hosts = Object.fromEntries(
  ["us", "eu", "jp", "in"].flatMap((region) =>
    ["api", "stt-rt", "tts-rt"].map((service) => [
      region === "us" ? `${service}.soniox.com` : `${service}.${region}.soniox.com`,
      region
    ])
  )
)

const env = (apiKey: string, origin: string) => {
  const sockets = origin.replace(/^http/, "ws")
  return {
    SONIOX_API_KEY: apiKey,
    SONIOX_API_BASE_URL: origin,
    SONIOX_WS_URL: `${sockets}${transcribeRoute}`,
    SONIOX_TTS_WS_URL: `${sockets}${speechSocketRoute}`
  }
}

// The error catalogue has no entry for these; the texts are those of the vendor's framework.
const unknown = (_call: Emulator.Call, allowed: ReadonlyArray<string>): Response => {
  if (allowed.length === 0) return Failures.refuse({ status: 404, type: "not_found", message: "Not Found" })
  const response = Failures.refuse({ status: 405, type: "method_not_allowed", message: "Method Not Allowed" })
  response.headers.set("allow", allowed.join(", "))
  return response
}
