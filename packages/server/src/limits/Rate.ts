/** So many in a minute that begins with the first of them, and that no later one moves: whoever has had them all waits until it ends. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** How long a window is. */
export const window = Duration.minutes(1)

/** Counts one more for a key, or tells how long until it may have more. */
export type Rate = (key: string) => Effect.Effect<Duration.Duration | undefined>

/** In milliseconds. */
interface Window {
  count: number
  readonly endsAt: number
}

/**
 * Makes a rate of this process. Windows that have ended are forgotten within two minutes, and they end by the monotonic clock, as a clock that is set back would
 * hold everybody for as long.
 */
export const local = (perMinute: number): Rate => {
  const windows = new Map<string, Window>()
  let sweptAt = 0
  const sweep = (now: number) => {
    if (now - sweptAt < Duration.toMillis(window)) return
    sweptAt = now
    for (const [key, { endsAt }] of windows) if (endsAt <= now) windows.delete(key)
  }
  return (key) =>
    Effect.map(Clock.monotonicTimeNanos, (nanos) => {
      const now = Number(nanos / 1000n) / 1000
      sweep(now)
      const known = windows.get(key)
      if (known === undefined || known.endsAt <= now) {
        windows.set(key, { count: 1, endsAt: now + Duration.toMillis(window) })
        return undefined
      }
      if (known.count >= perMinute) return Duration.millis(known.endsAt - now)
      known.count += 1
      return undefined
    })
}
