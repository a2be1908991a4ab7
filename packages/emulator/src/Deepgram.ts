/**
 * An emulator of Deepgram, written from its documents: temporary tokens, and the realtime and one-request APIs that
 * they open. A token has any number of uses until it expires. It is checked only when a connection opens.
 *
 * ```ts
 * import * as Deepgram from "@tempcred/emulator/Deepgram"
 *
 * const deepgram = Deepgram.make()
 * const grant = (authorization: string) =>
 *   deepgram.handle(
 *     new Request("https://api.deepgram.com/v1/auth/grant", {
 *       method: "POST",
 *       headers: { authorization },
 *       body: JSON.stringify({ ttl_seconds: 60 })
 *     })
 *   )
 * const granted = await (await grant(`Token ${deepgram.apiKey}`)).json()
 * console.log(granted.expires_in) // => 60
 * // A temporary token cannot grant another one.
 * console.log((await grant(`Bearer ${granted.access_token}`)).status) // => 403
 * ```
 *
 * Not emulated, as it is not published or not needed to connect: `/v1/read`, `POST /v2/speak`, management, errors of
 * undecodable audio, and the `dg-request-id` of an accepted upgrade.
 *
 * @since 0.1.0
 */

import * as Emulator from "./Emulator.ts"
import type { Fault } from "./Faults.ts"
import * as Sockets from "./Sockets.ts"
import type { Account } from "./deepgram/Account.ts"
import * as Agent from "./deepgram/Agent.ts"
import * as Failures from "./deepgram/Failures.ts"
import type { DocumentedFailure } from "./deepgram/Failures.ts"
import * as Flux from "./deepgram/Flux.ts"
import { grant } from "./deepgram/Granting.ts"
import * as Listening from "./deepgram/Listening.ts"
import { type Options, settings } from "./deepgram/Options.ts"
import * as Speaking from "./deepgram/Speaking.ts"
import * as Tokens from "./deepgram/Tokens.ts"
import type { IssuedToken } from "./deepgram/Tokens.ts"

export type { DocumentedFailure } from "./deepgram/Failures.ts"
export type { Options } from "./deepgram/Options.ts"
export type { IssuedToken } from "./deepgram/Tokens.ts"

/**
 * The route that grants temporary tokens.
 *
 * @category constants
 * @since 0.1.0
 */
export const mintRoute = "POST /v1/auth/grant"

/**
 * The WebSocket of a transcription.
 *
 * @category constants
 * @since 0.1.0
 */
export const listenRoute = "/v1/listen"

/**
 * The WebSocket of text to speech.
 *
 * @category constants
 * @since 0.1.0
 */
export const speakRoute = "/v1/speak"

/**
 * The WebSocket of a Flux transcription, which is divided into turns.
 *
 * @category constants
 * @since 0.1.0
 */
export const fluxListenRoute = "/v2/listen"

/**
 * The WebSocket of Flux text to speech, which is divided into turns.
 *
 * @category constants
 * @since 0.1.0
 */
export const fluxSpeakRoute = "/v2/speak"

/**
 * The WebSocket of a voice agent.
 *
 * @category constants
 * @since 0.1.0
 */
export const agentRoute = "/v1/agent/converse"

/**
 * An emulated Deepgram, with controls for tests.
 *
 * @category models
 * @since 0.1.0
 */
export interface Deepgram extends Emulator.Emulator {
  /** The temporary tokens granted so far. */
  readonly issued: ReadonlyArray<IssuedToken>
  /** The number of open WebSockets. */
  readonly sessions: number
  /** Expires every temporary token; open connections continue. */
  readonly expireAll: () => void
}

/**
 * Makes an emulated Deepgram.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): Deepgram => {
  const chosen = settings(options)
  const account: Account = { settings: chosen, tokens: Tokens.make(chosen.clock), sockets: Sockets.make(chosen.clock) }
  const emulator = Emulator.make(
    {
      vendor: "deepgram",
      apiKey: chosen.apiKey,
      region: defaultRegion,
      hosts,
      env: (origin) => env(chosen.apiKey, origin),
      routes: {
        [mintRoute]: (call) =>
          call.region === defaultRegion || chosen.regionalGrants ? grant(account, call) : unknown(call, []),
        [`POST ${listenRoute}`]: (call) => Listening.transcribeOnce(account, call),
        [`POST ${speakRoute}`]: (call) => Speaking.speakOnce(account, call)
      },
      sockets: {
        [listenRoute]: (call) => Listening.stream(account, call),
        [speakRoute]: (call) => Speaking.stream(account, call),
        [fluxListenRoute]: (call) => Flux.listen(account, call),
        [fluxSpeakRoute]: (call) => Flux.speak(account, call),
        [agentRoute]: (call) => Agent.converse(account, call)
      },
      unknown,
      minting: [mintRoute],
      tooMany: () => Failures.refuse(Failures.failures.too_many_requests)
    },
    options
  )
  return {
    ...emulator,
    get issued() {
      return account.tokens.issued()
    },
    get sessions() {
      return account.sockets.size()
    },
    expireAll: account.tokens.expireAll
  }
}

/**
 * Makes a fault that answers a grant, another request or an upgrade with one of the vendor's own errors.
 *
 * @category constructors
 * @since 0.1.0
 */
export const mintFault = (failure: DocumentedFailure, headers: Readonly<Record<string, string>> = {}): Fault => ({
  status: Failures.failures[failure].status,
  body: Failures.bodyOf(Failures.failures[failure], crypto.randomUUID()),
  headers
})

const defaultRegion = "global"

// https://developers.deepgram.com/reference/regional-endpoints (read 2026-11-21). Keys and tokens are valid on all of
// them.
const hosts = {
  "api.deepgram.com": defaultRegion,
  "agent.deepgram.com": defaultRegion,
  "api.eu.deepgram.com": "eu",
  "api.au.deepgram.com": "au",
  "api.in.deepgram.com": "in"
}

const env = (apiKey: string, origin: string) => {
  const sockets = origin.replace(/^http/, "ws")
  return {
    DEEPGRAM_API_KEY: apiKey,
    DEEPGRAM_BASE_URL: origin,
    DEEPGRAM_WS_URL: sockets,
    DEEPGRAM_AGENT_WS_URL: sockets
  }
}

// The vendor does not publish its responses to wrong paths and methods.
const unknown = (_call: Emulator.Call, allowed: ReadonlyArray<string>): Response => {
  if (allowed.length === 0) return Failures.refuse({ status: 404, code: "NOT_FOUND", message: "Not Found" })
  const response = Failures.refuse({ status: 405, code: "METHOD_NOT_ALLOWED", message: "Method Not Allowed" })
  response.headers.set("allow", allowed.join(", "))
  return response
}
