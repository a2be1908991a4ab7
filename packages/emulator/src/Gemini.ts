/**
 * An emulator of the Gemini Live API, written from its documents. Ephemeral tokens have two deadlines and a number of
 * sessions, lock a setup in whole or in part, and use a WebSocket path of their own. The response to a mint states none
 * of it.
 *
 * ```ts
 * import * as Gemini from "@tempcred/emulator/Gemini"
 *
 * const gemini = Gemini.make()
 * const answer = await gemini.handle(
 *   new Request("https://generativelanguage.googleapis.com/v1alpha/auth_tokens", {
 *     method: "POST",
 *     headers: { "x-goog-api-key": gemini.apiKey },
 *     body: JSON.stringify({ uses: 3 })
 *   })
 * )
 * console.log(answer.status, Object.keys(await answer.json()), gemini.issued[0]?.uses) // => 200 [ 'name' ] 3
 * ```
 *
 * Not emulated: the notice before a session is cut (`goAway`), tools, video, and the APIs that are not live.
 *
 * @since 0.1.0
 */

import * as Emulator from "./Emulator.ts"
import type { Fault } from "./Faults.ts"
import type { Account } from "./gemini/Account.ts"
import { type MintFailure, mintFailures, notFound, refuse } from "./gemini/Failures.ts"
import * as Live from "./gemini/Live.ts"
import { mint } from "./gemini/Minting.ts"
import { type Options, settings, type Version, versions } from "./gemini/Options.ts"
import * as Tokens from "./gemini/Tokens.ts"
import type { IssuedToken } from "./gemini/Tokens.ts"
import type { JsonObject } from "./Json.ts"
import * as Sockets from "./Sockets.ts"

export type { MintFailure } from "./gemini/Failures.ts"
export type { Echoed, Options, Version } from "./gemini/Options.ts"
export type { IssuedToken, Terms } from "./gemini/Tokens.ts"

/**
 * The route that mints tokens, in every API version.
 *
 * @category constants
 * @since 0.1.0
 */
export const mintRoute = "POST /:version/auth_tokens"

const methodRoute = (version: Version, method: string): string =>
  `/ws/google.ai.generativelanguage.${version}.GenerativeService.${method}`

/**
 * The WebSocket that accepts keys.
 *
 * @category constructors
 * @since 0.1.0
 */
export const liveRoute = (version: Version = "v1alpha"): string => methodRoute(version, "BidiGenerateContent")

/**
 * The WebSocket that accepts tokens.
 *
 * @category constructors
 * @since 0.1.0
 */
export const constrainedRoute = (version: Version = "v1alpha"): string =>
  methodRoute(version, "BidiGenerateContentConstrained")

/**
 * An emulated Gemini Live API, with controls for tests.
 *
 * @category models
 * @since 0.1.0
 */
export interface Gemini extends Emulator.Emulator {
  /** The tokens minted so far. */
  readonly issued: ReadonlyArray<IssuedToken>
  /** The number of open WebSockets. */
  readonly sessions: number
  /** The setup of each started or resumed session, with the locks applied. */
  readonly setups: ReadonlyArray<JsonObject>
  /** Moves both deadlines of every token into the past; the next message of an open session is refused. */
  readonly expireAll: () => void
}

/**
 * Makes an emulated Gemini Live API.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): Gemini => {
  const chosen = settings(options)
  const account: Account = {
    settings: chosen,
    tokens: Tokens.make(chosen.clock),
    sockets: Sockets.make(chosen.clock),
    setups: []
  }
  const emulator = Emulator.make(
    {
      vendor: "gemini",
      apiKey: chosen.apiKey,
      region: chosen.region,
      hosts: { "generativelanguage.googleapis.com": "global" },
      // `@google/genai` 3.1.0 reads these names. It prefers `GOOGLE_API_KEY` to `GEMINI_API_KEY`.
      env: (origin) => ({ GEMINI_API_KEY: chosen.apiKey, GOOGLE_GEMINI_BASE_URL: origin }),
      routes: { [mintRoute]: (call) => mint(account, call) },
      sockets: sockets(account),
      unknown: () => refuse(notFound),
      minting: [mintRoute],
      tooMany: () => refuse(mintFailures.RESOURCE_EXHAUSTED)
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
    setups: account.setups,
    expireAll: account.tokens.expireAll
  }
}

/**
 * Makes a fault that answers a mint with one of the vendor's own errors.
 *
 * @category constructors
 * @since 0.1.0
 */
export const mintFault = (failure: MintFailure, headers: Readonly<Record<string, string>> = {}): Fault => ({
  status: mintFailures[failure].code,
  body: { error: mintFailures[failure] },
  headers
})

// The vendor's own client sends an additional slash before the path. Keys are valid in both versions.
const sockets = (account: Account): Emulator.Definition["sockets"] => {
  const live = versions.map((version) => [liveRoute(version), undefined] as const)
  const constrained = account.settings.versions.map((version) => [constrainedRoute(version), version] as const)
  return Object.fromEntries(
    [...live, ...constrained].flatMap(([route, version]) => {
      const connect = (call: Emulator.Call) => Live.session(account, call, version)
      return [
        [route, connect],
        [`/${route}`, connect]
      ]
    })
  )
}
