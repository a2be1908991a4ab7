/**
 * An emulator of OpenAI Realtime, written from its documents: client secrets, and the WebSocket and the WebRTC offers
 * that they open. A secret opens any number of sessions until it expires. Its session configuration is a default, not a
 * lock.
 *
 * ```ts
 * import * as OpenAi from "@tempcred/emulator/OpenAi"
 *
 * const openAi = OpenAi.make()
 * const answer = await openAi.handle(
 *   new Request("https://api.openai.com/v1/realtime/client_secrets", {
 *     method: "POST",
 *     headers: { authorization: `Bearer ${openAi.apiKey}` },
 *     body: JSON.stringify({ expires_after: { seconds: 5 } })
 *   })
 * )
 * console.log((await answer.json()).error.message) // => Missing required parameter: 'expires_after.anchor'.
 * ```
 *
 * Not emulated, as it is not published or not needed to connect: WebRTC media, SIP, the WebSocket of translations,
 * audio of the model, checks of the fields within `session`, organizations and projects, and limits per minute of a
 * session.
 *
 * @since 0.1.0
 */

import * as Emulator from "./Emulator.ts"
import type { Fault } from "./Faults.ts"
import * as Sockets from "./Sockets.ts"
import type { Account } from "./open-ai/Account.ts"
import * as Calls from "./open-ai/Calls.ts"
import * as Failures from "./open-ai/Failures.ts"
import type { DocumentedFailure } from "./open-ai/Failures.ts"
import { mint } from "./open-ai/Minting.ts"
import { type Options, settings } from "./open-ai/Options.ts"
import * as Realtime from "./open-ai/Realtime.ts"
import * as Secrets from "./open-ai/Secrets.ts"
import type { IssuedSecret } from "./open-ai/Secrets.ts"

export type { DocumentedFailure } from "./open-ai/Failures.ts"
export type { Options } from "./open-ai/Options.ts"
export type { IssuedSecret } from "./open-ai/Secrets.ts"
export type { SessionConfig, SessionType } from "./open-ai/Sessions.ts"

/**
 * The route that mints secrets for conversations and transcriptions.
 *
 * @category constants
 * @since 0.1.0
 */
export const mintRoute = "POST /v1/realtime/client_secrets"

/**
 * The route that mints secrets for translations.
 *
 * @category constants
 * @since 0.1.0
 */
export const mintTranslationRoute = "POST /v1/realtime/translations/client_secrets"

/**
 * The route that accepts a WebRTC offer.
 *
 * @category constants
 * @since 0.1.0
 */
export const callsRoute = "POST /v1/realtime/calls"

/**
 * The WebSocket of a session.
 *
 * @category constants
 * @since 0.1.0
 */
export const realtimeRoute = "/v1/realtime"

/**
 * An emulated OpenAI, with controls for tests.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenAi extends Emulator.Emulator {
  /** The client secrets minted so far. */
  readonly issued: ReadonlyArray<IssuedSecret>
  /** The number of open WebSockets. */
  readonly sessions: number
  /** Expires every client secret; open sessions continue. */
  readonly expireAll: () => void
  /** Refuses the next sessions that have a valid credential with this failure. @default times 1 */
  readonly refuseSessions: (failure: DocumentedFailure, times?: number) => void
}

/**
 * Makes an emulated OpenAI.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): OpenAi => {
  const chosen = settings(options)
  const secrets = Secrets.make(chosen)
  const account: Account = { settings: chosen, secrets, sockets: Sockets.make(chosen.clock), refusals: [] }
  const emulator = Emulator.make(
    {
      vendor: "openai",
      apiKey: chosen.apiKey,
      region: defaultRegion,
      hosts: { "api.openai.com": defaultRegion },
      env: (origin) => env(chosen.apiKey, origin),
      routes: {
        [mintRoute]: (call) => mint(chosen, secrets, call, "realtime"),
        [mintTranslationRoute]: (call) => mint(chosen, secrets, call, "translations"),
        [callsRoute]: (call) => Calls.open(secrets, call)
      },
      sockets: { [realtimeRoute]: (call) => Realtime.connect(account, call) },
      unknown,
      minting: [mintRoute, mintTranslationRoute],
      tooMany: () => Failures.refuse(Failures.failures.rate_limit_exceeded)
    },
    options
  )
  return {
    ...emulator,
    get issued() {
      return secrets.issued()
    },
    get sessions() {
      return account.sockets.size()
    },
    expireAll: secrets.expireAll,
    refuseSessions: (failure, times = 1) => {
      for (let left = times; left > 0; left -= 1) account.refusals.push(Failures.failures[failure])
    }
  }
}

/**
 * Makes a fault that answers a mint with one of the vendor's own errors.
 *
 * @category constructors
 * @since 0.1.0
 */
export const mintFault = (failure: DocumentedFailure, headers: Readonly<Record<string, string>> = {}): Fault => ({
  status: Failures.failures[failure].status,
  body: Failures.bodyOf(Failures.failures[failure]),
  headers
})

const defaultRegion = "global"

const env = (apiKey: string, origin: string) => ({
  OPENAI_API_KEY: apiKey,
  OPENAI_BASE_URL: `${origin}/v1`,
  OPENAI_WS_URL: `${origin.replace(/^http/, "ws")}${realtimeRoute}`
})

const unknown = ({ request, url }: Emulator.Call, allowed: ReadonlyArray<string>): Response => {
  const shape = { type: "invalid_request_error", code: null }
  if (allowed.length === 0) {
    return Failures.refuse({ ...shape, status: 404, message: `Invalid URL (${request.method} ${url.pathname})` })
  }
  const message = `Not allowed to ${request.method} on ${url.pathname}.`
  const response = Failures.refuse({ ...shape, status: 405, message })
  response.headers.set("allow", allowed.join(", "))
  return response
}
