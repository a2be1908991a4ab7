/**
 * Realtime WebSockets: who may open one, how many at a time, and when the vendor ends one by itself.
 *
 * https://docs.speechmatics.com/api-ref/realtime-transcription-websocket and
 * https://docs.speechmatics.com/speech-to-text/realtime/limits (both read 2026-11-21)
 *
 * @since 0.1.0
 */
import type { Call, Peer, Session } from "../Emulator.ts"
import { bearer, failure, permissionDenied } from "./Http.ts"
import { describe, type RealtimeError } from "./RealtimeErrors.ts"
import type { Client } from "./Recognition.ts"
import * as Recognition from "./Recognition.ts"
import * as Timeouts from "./Timeouts.ts"
import type { Workspace } from "./Workspace.ts"

/**
 * How realtime sessions are admitted and ended.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Sessions that may run at once. @default 2, as on the vendor's free plan */
  readonly maxSessions?: number
  /** Milliseconds that a session may last. @default 48 hours */
  readonly sessionLimit?: number
  /**
   * How a bad credential is refused: by `"status"` 401 before the upgrade, or by an Error `"message"` after it.
   *
   * @default by status for the header, by message for the query parameter
   */
  readonly realtimeRefusal?: "status" | "message"
}

/**
 * The socket of a session.
 *
 * @category routes
 * @since 0.1.0
 */
export const realtimeRoute = "/v2"

/**
 * The socket of a session whose language is in the path, as old clients have it.
 *
 * @category routes
 * @since 0.1.0
 */
export const realtimeLanguageRoute = "/v2/:language"

/**
 * The socket of a preview agent session, which speaks the same protocol.
 *
 * @category routes
 * @since 0.1.0
 */
export const agentRoute = "/v2/agent/:profile"

/**
 * Answers realtime paths that are asked for without an upgrade.
 *
 * @category constructors
 * @since 0.1.0
 */
export const routes = () => ({ [`GET ${realtimeRoute}`]: () => failure(400, "Bad Request") })

/**
 * The realtime side of one emulator.
 *
 * @category models
 * @since 0.1.0
 */
export interface Realtime {
  readonly sockets: Readonly<Record<string, (call: Call) => Response | Session>>
  /** How many sessions are open. */
  readonly sessions: () => number
  /** Fails the next session with this error as soon as it is open. */
  readonly refuse: (error: RealtimeError) => void
  /** Ends every open session with this error. */
  readonly interrupt: (error: RealtimeError) => void
}

/**
 * Makes the sockets.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (workspace: Workspace, words: ReadonlyArray<string>, options: Options): Realtime => {
  const active = new Set<Client>()
  const refusals: Array<RealtimeError> = []
  const connect = (call: Call, query: ReadonlyArray<string>): Response | Session => {
    const refusal = authorize(workspace, options, call, query)
    if (refusal instanceof Response) return refusal
    const problem = () => refusal ?? refusals.shift()
    return makeSession({ workspace, words, options, call, active, problem })
  }
  return {
    sockets: {
      [realtimeRoute]: (call) => connect(call, ["jwt"]),
      [realtimeLanguageRoute]: (call) => connect(call, ["jwt"]),
      [agentRoute]: (call) =>
        agents.has(call.params["profile"] ?? "") ? connect(call, ["jwt", "api_key"]) : failure(404, "Not Found")
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
  query: ReadonlyArray<string>
): Response | RealtimeError | undefined => {
  const header = bearer(call.request)
  const parameter = query.map((name) => call.url.searchParams.get(name)).find((value) => value !== null)
  const access = workspace.access(header ?? parameter ?? undefined, "rt", call.region)
  if (access !== undefined) return undefined
  const refusal = options.realtimeRefusal ?? (header === undefined && parameter !== undefined ? "message" : "status")
  return refusal === "status" ? permissionDenied() : "not_authorised"
}

interface Setting {
  readonly workspace: Workspace
  readonly words: ReadonlyArray<string>
  readonly options: Options
  readonly call: Call
  /** The clients that count towards the quota. */
  readonly active: Set<Client>
  /** Why the session fails as soon as it is open, if it does. */
  readonly problem: () => RealtimeError | undefined
}

const makeSession = ({ workspace, words, options, call, active, problem }: Setting): Session => {
  const quota = options.maxSessions ?? 2
  let peer: Peer | undefined
  const client: Client = {
    send: (message) => peer?.send(JSON.stringify(message)),
    fail: (type) => {
      const { message, close } = describe(type)
      const closing = peer
      client.send(message)
      end()
      closing?.close(close.code, close.type)
    }
  }
  const recognition = Recognition.make(client, words, call.params["language"])
  const timeouts = Timeouts.make(workspace.clock, options.sessionLimit, client)
  const end = () => {
    peer = undefined
    active.delete(client)
    timeouts.cancel()
  }

  return {
    open: (opened) => {
      peer = opened
      const error = problem() ?? (active.size < quota ? undefined : "quota_exceeded")
      if (error !== undefined) return client.fail(error)
      active.add(client)
      timeouts.start()
      client.send(usage(active.size, quota, workspace.clock.now(), call.region))
    },
    message: (data) => {
      if (peer === undefined) return
      timeouts.heard(typeof data !== "string")
      if (typeof data === "string") recognition.message(data)
      else recognition.audio(data)
    },
    closed: end
  }
}

const usage = (sessions: number, quota: number, now: number, region: string) => ({
  message: "Info",
  type: "concurrent_session_usage",
  reason: `${sessions} concurrent sessions active out of quota ${quota}`,
  usage: sessions,
  quota,
  last_updated: `${new Date(now).toISOString().slice(0, 19)}Z`,
  region
})
