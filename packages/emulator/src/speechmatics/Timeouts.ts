/**
 * Timeouts of a realtime session: 48 hours in all, an hour without audio, or three minutes without messages. The vendor
 * counts pings as messages; the emulator does not see them.
 *
 * Limits: https://docs.speechmatics.com/speech-to-text/realtime/limits. Warnings and the form of their text:
 * https://docs.speechmatics.com/api-ref/realtime-transcription-websocket#warning (both read 2026-11-21)
 */
import type { Clock } from "../Emulator.ts"
import type { Client } from "./Client.ts"

/** The running timeouts of one session. */
export interface Timeouts {
  readonly start: () => void
  /** Restarts the timeouts after a message of the client. */
  readonly heard: (audio: boolean) => void
  readonly cancel: () => void
}

/** Makes the timeouts of a session with this limit in milliseconds. */
export const make = (clock: Clock, sessionLimit = 48 * hour, client: Client): Timeouts => {
  const silence = countdown(
    clock,
    3 * minute,
    [],
    () => {},
    () => client.fail("idle_timeout")
  )
  const inactivity = countdown(
    clock,
    hour,
    [15, 10, 5],
    (left, elapsed) =>
      client.send({
        message: "Warning",
        type: "idle_timeout",
        reason: `Session will timeout in ${left}m due to inactivity, no audio sent within the last ${elapsed}m`
      }),
    () => client.fail("idle_timeout")
  )
  const duration = countdown(
    clock,
    sessionLimit,
    [45, 30, 15],
    (left, elapsed) =>
      client.send({
        message: "Warning",
        type: "session_timeout",
        reason: `Session will timeout in ${left}m due to max duration, session has been active for ${elapsed}m`
      }),
    () => client.fail("session_timeout")
  )
  const all = [silence, inactivity, duration]
  return {
    start: () => all.forEach((each) => each.restart()),
    heard: (audio) => {
      silence.restart()
      if (audio) inactivity.restart()
    },
    cancel: () => all.forEach((each) => each.cancel())
  }
}

const minute = 60_000
const hour = 60 * minute

const countdown = (
  clock: Clock,
  limit: number,
  warnAt: ReadonlyArray<number>,
  warn: (minutesLeft: number, minutesElapsed: number) => void,
  expire: () => void
) => {
  let timers: ReadonlyArray<() => void> = []
  const cancel = () => timers.forEach((stop) => stop())
  return {
    cancel,
    restart: () => {
      cancel()
      timers = [
        ...warnAt
          .filter((left) => left * minute < limit)
          .map((left) => clock.after(limit - left * minute, () => warn(left, Math.round(limit / minute) - left))),
        clock.after(limit, expire)
      ]
    }
  }
}
