/** Waits that do not keep the process running, for background work. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

/** The longest timer that platforms support, in milliseconds. A longer one would fire at once. */
const longestTimer = 2 ** 31 - 1

/**
 * Lets the process exit before the timer fires. Node, Bun and Deno each have their own way;
 * browsers need none.
 */
const release = (timer: unknown): void => {
  if (Predicate.hasProperty(timer, "unref") && Predicate.isFunction(timer.unref)) return void timer.unref()
  const platform: unknown = globalThis
  if (!Predicate.hasProperty(platform, "Deno") || !Predicate.hasProperty(platform.Deno, "unrefTimer")) return
  const { unrefTimer } = platform.Deno
  if (Predicate.isFunction(unrefTimer)) unrefTimer(timer)
}

const sleep = (millis: number): Effect.Effect<void> => {
  if (millis <= 0) return Effect.yieldNow
  if (!Number.isFinite(millis)) return Effect.never
  const wait = Effect.callback<void>((resume) => {
    const timer = setTimeout(() => resume(Effect.void), Math.min(millis, longestTimer))
    release(timer)
    return Effect.sync(() => clearTimeout(timer))
  })
  return millis > longestTimer ? Effect.andThen(wait, sleep(millis - longestTimer)) : wait
}

const standard = Context.get(Context.empty(), Clock.Clock)

const released: Clock.Clock = {
  currentTimeMillisUnsafe: () => standard.currentTimeMillisUnsafe(),
  currentTimeMillis: standard.currentTimeMillis,
  currentTimeNanosUnsafe: () => standard.currentTimeNanosUnsafe(),
  currentTimeNanos: standard.currentTimeNanos,
  monotonicTimeNanosUnsafe: () => standard.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: standard.monotonicTimeNanos,
  sleep: (duration) => sleep(Duration.toMillis(duration))
}

/** Runs an effect so that its waits do not keep the process running. Does not change a custom clock. */
export const inBackground = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateService(self, Clock.Clock, (clock) => (clock === standard ? released : clock))
