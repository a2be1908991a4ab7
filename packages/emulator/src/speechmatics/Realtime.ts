/**
 * Realtime WebSockets: their paths and their authentication.
 *
 * https://docs.speechmatics.com/api-ref/realtime-transcription-websocket (read 2026-11-21). The refusal of a bad token
 * in the query: https://github.com/speechmatics/speechmatics-js-sdk/issues/45
 */
import type { Call, Session } from "../Emulator.ts"
import { bearer, failure, permissionDenied } from "./Http.ts"
import type { RealtimeError } from "./RealtimeErrors.ts"
import * as RealtimeSession from "./RealtimeSession.ts"
import type { Client } from "./Client.ts"
import type { Workspace } from "./Workspace.ts"

/** Options of realtime sessions. */
export interface Options extends RealtimeSession.Options {
  /**
   * The refusal of a bad credential: a `"status"` 401 before the upgrade, or an Error `"message"` after it.
   *
   * @default by status for the header, by message for the query parameter
   */
  readonly realtimeRefusal?: "status" | "message"
}

/** The WebSocket of a session. */
export const realtimeRoute = "/v2"

/** The WebSocket of a session with its language in the path, for old clients. */
export const realtimeLanguageRoute = "/v2/:language"

/** The WebSocket of an Agent STT session, which transcribes in turns. */
export const agentRoute = "/v2/agent"

/** The WebSocket of a preview agent session, which has the realtime protocol. */
export const agentProfileRoute = "/v2/agent/:profile"

/** Makes the route for requests to the realtime path without an upgrade. */
export const routes = () => ({ [`GET ${realtimeRoute}`]: () => failure(400, "Bad Request") })

/** The realtime API of one emulator. */
export interface Realtime {
  readonly sockets: Readonly<Record<string, (call: Call) => Response | Session>>
  /** The number of open sessions. */
  readonly sessions: () => number
  /** Fails the next session with this error once it is open. */
  readonly refuse: (error: RealtimeError) => void
  /** Ends every open session with this error. */
  readonly interrupt: (error: RealtimeError) => void
}

/** Makes the WebSockets. */
export const make = (workspace: Workspace, words: ReadonlyArray<string>, options: Options): Realtime => {
  const active = new Set<Client>()
  const refusals: Array<RealtimeError> = []
  const connect = (call: Call, keyInQuery: string | null, agent: boolean = false): Response | Session => {
    const refusal = authorize(workspace, options, call, keyInQuery)
    if (refusal instanceof Response) return refusal
    const problem = () => refusal ?? refusals.shift()
    return RealtimeSession.make({ clock: workspace.clock, words, options, call, active, problem, agent })
  }
  return {
    sockets: {
      [realtimeRoute]: (call) => connect(call, null),
      // The first matching route wins.
      [agentRoute]: (call) => connect(call, null, true),
      [realtimeLanguageRoute]: (call) => connect(call, null),
      [agentProfileRoute]: (call) =>
        agents.has(call.params["profile"] ?? "")
          ? connect(call, call.url.searchParams.get("api_key"))
          : failure(404, "Not Found")
    },
    sessions: () => active.size,
    refuse: (error) => void refusals.push(error),
    interrupt: (error) => active.forEach((client) => client.fail(error))
  }
}

const agents: ReadonlySet<string> = new Set(["adaptive", "agile", "smart", "external"])

const authorize = (
  workspace: Workspace,
  options: Options,
  call: Call,
  keyInQuery: string | null
): Response | RealtimeError | undefined => {
  const key = bearer(call.request) ?? keyInQuery ?? undefined
  const token = call.url.searchParams.get("jwt") ?? undefined
  // The parameter is documented for temporary keys only.
  const credential = key ?? (workspace.permanentKeys.has(token ?? "") ? undefined : token)
  if (workspace.access(credential, "rt", call.region) !== undefined) return undefined
  const refusal = options.realtimeRefusal ?? (key === undefined && token !== undefined ? "message" : "status")
  return refusal === "status" ? permissionDenied() : "not_authorised"
}
