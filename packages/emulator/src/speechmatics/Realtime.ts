/**
 * Realtime WebSockets: their paths, and who may open one.
 *
 * https://docs.speechmatics.com/api-ref/realtime-transcription-websocket (read 2026-11-21). How a bad token in the
 * query is refused: https://github.com/speechmatics/speechmatics-js-sdk/issues/45
 */
import type { Call, Session } from "../Emulator.ts"
import { bearer, failure, permissionDenied } from "./Http.ts"
import type { RealtimeError } from "./RealtimeErrors.ts"
import * as RealtimeSession from "./RealtimeSession.ts"
import type { Client } from "./Client.ts"
import type { Workspace } from "./Workspace.ts"

/** How realtime sessions are admitted and ended. */
export interface Options extends RealtimeSession.Options {
  /**
   * How a bad credential is refused: by `"status"` 401 before the upgrade, or by an Error `"message"` after it.
   *
   * @default by status for the header, by message for the query parameter
   */
  readonly realtimeRefusal?: "status" | "message"
}

/** The socket of a session. */
export const realtimeRoute = "/v2"

/** The socket of a session whose language is in the path, as old clients have it. */
export const realtimeLanguageRoute = "/v2/:language"

/** The socket of an Agent STT session, which transcribes in turns. */
export const agentRoute = "/v2/agent"

/** The socket of a preview agent session, which speaks the realtime protocol. */
export const agentProfileRoute = "/v2/agent/:profile"

/** Answers realtime paths that are asked for without an upgrade. */
export const routes = () => ({ [`GET ${realtimeRoute}`]: () => failure(400, "Bad Request") })

/** The realtime side of one emulator. */
export interface Realtime {
  readonly sockets: Readonly<Record<string, (call: Call) => Response | Session>>
  /** How many sessions are open. */
  readonly sessions: () => number
  /** Fails the next session with this error as soon as it is open. */
  readonly refuse: (error: RealtimeError) => void
  /** Ends every open session with this error. */
  readonly interrupt: (error: RealtimeError) => void
}

/** Makes the sockets. */
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
      // The first route that fits is taken.
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
