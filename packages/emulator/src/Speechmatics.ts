/**
 * An emulator of Speechmatics: temporary keys, the management API, batch jobs, realtime sessions and text to speech,
 * all on one origin.
 *
 * ```ts
 * import * as Node from "@tempcred/emulator/Node"
 * import * as Speechmatics from "@tempcred/emulator/Speechmatics"
 *
 * const emulator = Speechmatics.make({ maxSessions: 50 })
 * const server = await Node.serve(emulator)
 * const minted = await fetch(`${server.origin}/v1/api_keys?type=rt`, {
 *   method: "POST",
 *   headers: { authorization: `Bearer ${emulator.apiKey}`, "content-type": "application/json" },
 *   body: JSON.stringify({ ttl: 60 })
 * })
 * console.log(minted.status) // => 201
 * await server.close()
 * ```
 *
 * Written from https://docs.speechmatics.com and its specifications, as of 2026-11-21. Where the documents and the
 * official SDKs disagree, an option chooses.
 *
 * @since 0.1.0
 */

import * as Emulator from "./Emulator.ts"
import * as Speech from "./Speech.ts"
import * as Batch from "./speechmatics/Batch.ts"
import type * as Authentication from "./speechmatics/Authentication.ts"
import { defaultRegion, hosts } from "./speechmatics/Hosts.ts"
import { failure, framework } from "./speechmatics/Http.ts"
import * as Jobs from "./speechmatics/Jobs.ts"
import * as Languages from "./speechmatics/Languages.ts"
import * as Management from "./speechmatics/Management.ts"
import * as Minting from "./speechmatics/Minting.ts"
import * as Realtime from "./speechmatics/Realtime.ts"
import type { RealtimeError } from "./speechmatics/RealtimeErrors.ts"
import type { IssuedKey } from "./speechmatics/TemporaryKeys.ts"
import * as TextToSpeech from "./speechmatics/TextToSpeech.ts"
import * as Workspace from "./speechmatics/Workspace.ts"

export { jobRoute, jobsRoute, submitRoute, transcriptRoute } from "./speechmatics/Batch.ts"
export { discoveryRoute } from "./speechmatics/Languages.ts"
export { createKeyRoute, mintRoute } from "./speechmatics/Minting.ts"
export { agentProfileRoute, agentRoute, realtimeLanguageRoute, realtimeRoute } from "./speechmatics/Realtime.ts"
export type { RealtimeError } from "./speechmatics/RealtimeErrors.ts"
export type { IssuedKey } from "./speechmatics/TemporaryKeys.ts"
export { speakRoute } from "./speechmatics/TextToSpeech.ts"

/**
 * Options of the emulated Speechmatics.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options
  extends
    Emulator.Options,
    Workspace.Options,
    Authentication.Options,
    Minting.Options,
    Jobs.Options,
    Realtime.Options {}

/**
 * An emulated Speechmatics, with controls for tests.
 *
 * @category models
 * @since 0.1.0
 */
export interface Speechmatics extends Emulator.Emulator {
  /** The valid management token. */
  readonly managementToken: string
  /** The environment variables of the management API, for an emulator at this origin. */
  readonly managementEnv: (origin: string) => Readonly<Record<string, string>>
  /** The temporary keys minted so far. */
  readonly issued: ReadonlyArray<IssuedKey>
  /** The number of open realtime sessions. */
  readonly sessions: number
  /** Expires every temporary key; open sessions continue. */
  readonly expireAll: () => void
  /** Fails the next realtime sessions with this error once they are open. @default times 1 */
  readonly refuseSessions: (error: RealtimeError, times?: number) => void
  /** Ends every open realtime session with this error. */
  readonly interrupt: (error: RealtimeError) => void
}

/**
 * Makes an emulated Speechmatics.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): Speechmatics => {
  const apiKey = options.apiKey ?? "EmulatedSpeechmaticsKey123456789"
  const words = options.words ?? Speech.words
  const workspace = Workspace.make(vendorClock(options), apiKey, options)
  const realtime = Realtime.make(workspace, words, options)
  const emulator = Emulator.make(
    {
      vendor: "speechmatics",
      apiKey,
      region: defaultRegion,
      hosts,
      env: (origin) => env(apiKey, origin),
      routes: {
        ...Minting.routes(workspace, options),
        ...Management.routes(workspace, options),
        ...Batch.routes(Jobs.make(workspace, words, options)),
        ...Languages.routes(),
        ...TextToSpeech.routes(workspace),
        ...Realtime.routes()
      },
      sockets: realtime.sockets,
      unknown,
      minting: [Minting.mintRoute, Minting.createKeyRoute],
      tooMany: () => failure(429, "Too Many Requests")
    },
    options
  )
  return {
    ...emulator,
    managementToken: workspace.managementToken,
    managementEnv: (origin) => ({
      SPEECHMATICS_MANAGEMENT_TOKEN: workspace.managementToken,
      SPEECHMATICS_MANAGEMENT_URL: origin
    }),
    get issued() {
      return workspace.temporaryKeys.issued()
    },
    get sessions() {
      return realtime.sessions()
    },
    expireAll: workspace.temporaryKeys.expireAll,
    refuseSessions: (error, times = 1) => {
      for (let left = times; left > 0; left -= 1) realtime.refuse(error)
    },
    interrupt: realtime.interrupt
  }
}

const env = (apiKey: string, origin: string) => ({
  SPEECHMATICS_API_KEY: apiKey,
  SM_MANAGEMENT_PLATFORM_URL: origin,
  SPEECHMATICS_RT_URL: `${origin.replace(/^http/, "ws")}${Realtime.realtimeRoute}`,
  SPEECHMATICS_BATCH_URL: `${origin}/v2`,
  SPEECHMATICS_TTS_URL: origin
})

const unknown = (call: Emulator.Call, allowed: ReadonlyArray<string>): Response => {
  if (allowed.length === 0) return framework(404, `path ${call.url.pathname} was not found`)
  const allow = allowed.join(",")
  return framework(405, `method ${call.request.method} is not allowed, but [${allow}] are`, { allow })
}

// The vendor's keys follow the clock of its `Date` header.
const vendorClock = ({ clock = Emulator.systemClock, dateOffset = 0 }: Options): Emulator.Clock => ({
  now: () => clock.now() + dateOffset,
  after: clock.after
})
