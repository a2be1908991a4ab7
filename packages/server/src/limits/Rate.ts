/** A fixed-window rate limiter in memory. A window of a minute begins with its first request. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

const window = Duration.minutes(1)

/** Counts a request of a key, or returns the wait until the window ends. */
export type Rate = (key: string) => Effect.Effect<Duration.Duration | undefined>

interface Window {
  count: number
  /** In milliseconds of the monotonic clock: a wall clock that is set back would lengthen the window. */
  readonly endsAt: number
}

/** Makes a rate limiter. It forgets windows within a minute after their end. */
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
