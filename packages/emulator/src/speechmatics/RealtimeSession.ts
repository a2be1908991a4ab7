/**
 * A realtime connection from its admission to its close.
 *
 * https://docs.speechmatics.com/speech-to-text/realtime/limits (read 2026-11-21)
 */
import type { Call, Clock, Peer, Session } from "../Emulator.ts"
import * as AgentTranscript from "./AgentTranscript.ts"
import { describe, type RealtimeError } from "./RealtimeErrors.ts"
import type { Client } from "./Client.ts"
import * as Recognition from "./Recognition.ts"
import * as Timeouts from "./Timeouts.ts"

/** Limits of a session. */
export interface Options {
  /** The limit of concurrent sessions. @default 2, as on the vendor's free plan */
  readonly maxSessions?: number
  /** The limit of a session in milliseconds. @default 48 hours */
  readonly sessionLimit?: number
  /**
   * The delay of the first message in milliseconds; a message from the client ends it. The official client does not
   * receive messages that arrive together with the upgrade.
   *
   * @default 50
   */
  readonly openingDelay?: number
}

/** The parts of a session. */
export interface Setting {
  readonly clock: Clock
  readonly words: ReadonlyArray<string>
  readonly options: Options
  readonly call: Call
  /** The clients that count towards the quota. */
  readonly active: Set<Client>
  /** Returns the error of a session that fails once it is open. */
  readonly problem: () => RealtimeError | undefined
  /** True for transcripts in segments of turns. */
  readonly agent: boolean
}

/** Makes a session that is not open yet. */
export const make = ({ clock, words, options, call, active, agent, problem }: Setting): Session => {
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
  const recognition = agent
    ? Recognition.make(AgentTranscript.segmented(client), words, undefined, AgentTranscript.models)
    : Recognition.make(client, words, call.params["language"])
  const timeouts = Timeouts.make(clock, options.sessionLimit, client)
  const opening = onceWithin(clock, options.openingDelay ?? 50, () => {
    const error = problem() ?? (active.size < quota ? undefined : "quota_exceeded")
    if (error !== undefined) return client.fail(error)
    active.add(client)
    timeouts.start()
    client.send(usage(active.size, quota, clock.now(), call.region))
  })
  const end = () => {
    peer = undefined
    opening.cancel()
    active.delete(client)
    timeouts.cancel()
  }

  return {
    open: (opened) => {
      peer = opened
      opening.start()
    },
    message: (data) => {
      opening.now()
      if (peer === undefined) return
      timeouts.heard(typeof data !== "string")
      if (typeof data === "string") recognition.message(data)
      else recognition.audio(data)
    },
    closed: end
  }
}

// Runs a function once: a number of milliseconds after the start, or earlier on request.
const onceWithin = (clock: Clock, milliseconds: number, run: () => void) => {
  let pending = true
  let stop = () => {}
  const cancel = () => {
    pending = false
    stop()
  }
  const now = () => {
    if (!pending) return
    cancel()
    run()
  }
  return {
    now,
    cancel,
    start: () => {
      if (milliseconds === 0) now()
      else stop = clock.after(milliseconds, now)
    }
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
