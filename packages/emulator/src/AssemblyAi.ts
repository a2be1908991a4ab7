/**
 * An emulator of AssemblyAI, written from its documents: temporary tokens for streaming and for voice agents, and their
 * WebSockets. A token opens one session of its product and zone. Sessions are refused after the upgrade.
 *
 * ```ts
 * import * as AssemblyAi from "@tempcred/emulator/AssemblyAi"
 *
 * const assemblyAi = AssemblyAi.make()
 * const headers = { authorization: assemblyAi.apiKey }
 * const mint = (query: string) =>
 *   assemblyAi.handle(new Request(`https://streaming.eu.assemblyai.com/v3/token?${query}`, { headers }))
 * console.log(await (await mint("expires_in_seconds=601")).json())
 * // => { error: 'expires_in_seconds must be between 1 and 600' }
 * await mint("expires_in_seconds=60")
 * console.log(assemblyAi.issued[0]?.region, assemblyAi.issued[0]?.maxSessionSeconds) // => eu 10800
 * ```
 *
 * Not emulated, as it is not published or not needed to connect: the unified tokens of `token.assemblyai.com`, text to
 * speech, dictation, stored agents, and the limits on audio that is too fast or missing.
 *
 * @since 0.1.0
 */

import * as Emulator from "./Emulator.ts"
import type { Fault } from "./Faults.ts"
import * as Sockets from "./Sockets.ts"
import type { Account } from "./assembly-ai/Account.ts"
import * as Agent from "./assembly-ai/Agent.ts"
import * as Failures from "./assembly-ai/Failures.ts"
import type { MintFailure, SessionFailure } from "./assembly-ai/Failures.ts"
import { mint } from "./assembly-ai/Minting.ts"
import { type Options, settings } from "./assembly-ai/Options.ts"
import * as Streaming from "./assembly-ai/Streaming.ts"
import * as Tokens from "./assembly-ai/Tokens.ts"
import type { IssuedToken } from "./assembly-ai/Tokens.ts"

export type { MintFailure, SessionFailure } from "./assembly-ai/Failures.ts"
export type { Options } from "./assembly-ai/Options.ts"
export type { IssuedToken, Product } from "./assembly-ai/Tokens.ts"

/**
 * The route that mints tokens of streaming sessions.
 *
 * @category constants
 * @since 0.1.0
 */
export const mintRoute = "GET /v3/token"

/**
 * The route that mints tokens of voice agents.
 *
 * @category constants
 * @since 0.1.0
 */
export const mintAgentRoute = "GET /v1/token"

/**
 * The WebSocket of a transcription.
 *
 * @category constants
 * @since 0.1.0
 */
export const streamingRoute = "/v3/ws"

/**
 * The WebSocket of a voice agent.
 *
 * @category constants
 * @since 0.1.0
 */
export const agentRoute = "/v1/ws"

/**
 * An emulated AssemblyAI, with controls for tests.
 *
 * @category models
 * @since 0.1.0
 */
export interface AssemblyAi extends Emulator.Emulator {
  /** The temporary tokens minted so far. */
  readonly issued: ReadonlyArray<IssuedToken>
  /** The number of open WebSockets. */
  readonly sessions: number
  /** Expires every temporary token; open sessions continue. */
  readonly expireAll: () => void
  /** Refuses the next streaming sessions that have a valid credential with this failure. @default times 1 */
  readonly refuseSessions: (failure: SessionFailure, times?: number) => void
}

/**
 * Makes an emulated AssemblyAI.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): AssemblyAi => {
  const chosen = settings(options)
  const tokens = Tokens.make(chosen)
  const [streaming, agents] = [Sockets.make(chosen.clock), Sockets.make(chosen.clock)]
  const account: Account = { settings: chosen, tokens, streaming, agents, refusals: [] }
  const emulator = Emulator.make(
    {
      vendor: "assemblyai",
      apiKey: chosen.apiKey,
      region: defaultRegion,
      hosts,
      env: (origin) => env(chosen.apiKey, origin),
      routes: {
        [mintRoute]: (call) => mint(chosen, tokens, call, "streaming"),
        [mintAgentRoute]: (call) => mint(chosen, tokens, call, "agent")
      },
      sockets: {
        [streamingRoute]: (call) => Streaming.connect(account, call),
        [agentRoute]: (call) => Agent.connect(account, call)
      },
      unknown,
      minting: [mintRoute, mintAgentRoute],
      tooMany: () => Failures.refuse(Failures.mintFailures.too_many_requests)
    },
    options
  )
  return {
    ...emulator,
    get issued() {
      return tokens.issued()
    },
    get sessions() {
      return streaming.size() + agents.size()
    },
    expireAll: tokens.expireAll,
    refuseSessions: (failure, times = 1) => {
      for (let left = times; left > 0; left -= 1) account.refusals.push(Failures.sessionEnds[failure])
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
  body: { error: Failures.mintFailures[failure].error },
  headers
})

const defaultRegion = "global"

// https://www.assemblyai.com/docs/streaming/endpoints-and-data-zones (read 2026-11-21)
const hosts = Object.fromEntries(
  ["streaming", "agents"].flatMap((service) => [
    [`${service}.assemblyai.com`, defaultRegion],
    [`${service}.us.assemblyai.com`, "us"],
    [`${service}.eu.assemblyai.com`, "eu"]
  ])
)

const env = (apiKey: string, origin: string) => {
  const sockets = origin.replace(/^http/, "ws")
  return {
    ASSEMBLYAI_API_KEY: apiKey,
    ASSEMBLYAI_STREAMING_BASE_URL: origin,
    ASSEMBLYAI_STREAMING_WS_URL: `${sockets}${streamingRoute}`,
    ASSEMBLYAI_AGENTS_BASE_URL: origin,
    ASSEMBLYAI_AGENTS_WS_URL: `${sockets}${agentRoute}`
  }
}

// The vendor does not publish its responses to wrong paths and methods.
const unknown = (_call: Emulator.Call, allowed: ReadonlyArray<string>): Response => {
  if (allowed.length === 0) return Failures.refuse({ status: 404, error: "Not Found" })
  const response = Failures.refuse({ status: 405, error: "Method Not Allowed" })
  response.headers.set("allow", allowed.join(", "))
  return response
}
