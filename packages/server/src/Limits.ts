/**
 * Limits of each caller: requests in a minute, and requests at a time. They are counted in memory, or in a store for all processes together. While the
 * store is unavailable, each process counts for itself, and nothing fails.
 *
 * ```ts
 * import * as Limits from "@tempcred/server/Limits"
 * import * as Duration from "effect/Duration"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const limits = yield* Limits.make({ perMinute: 2 })
 *   const work = limits.limited("ana", Effect.succeed("done"))
 *   console.log(yield* work, yield* work) // => done done
 *   const refused = yield* Effect.flip(work)
 *   console.log(Math.ceil(Duration.toSeconds(refused.retryAfter))) // => 60
 * })
 * await Effect.runPromise(Effect.scoped(program))
 * ```
 *
 * @since 0.1.0
 */

import { ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import type { Length } from "@tempcred/core/MintRequest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Counts, LimitStore } from "./limits/LimitStore.ts"

export type { Counts, LimitStore, StoreOptions } from "./limits/LimitStore.ts"

/**
 * The limits of each identity.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * The largest number of requests in a minute. Further ones get 429 until the minute is over. A minute begins with the first request after the last minute, so
   * that any 60 seconds can hold up to twice as many.
   *
   * @default 60
   */
  readonly perMinute?: number | undefined
  /** The largest number of requests at a time. Further ones get 429. @default 8 */
  readonly concurrent?: number | undefined
  /**
   * The store in which all processes count together, such as `Redis.connect(url)` of `@tempcred/redis`. Keys are hashes of the subject. They can be guessed
   * unless the policy replaces the subject by a keyed hash.
   *
   * @default in memory, each process for itself
   */
  readonly store?: LimitStore | undefined
  /** The time of one exchange with the store. A longer one counts as an outage. @default "250 millis" */
  readonly limit?: Length | undefined
  /** The time for which requests of a crashed process still count in the store. @default "30 seconds" */
  readonly lease?: Length | undefined
}

/**
 * The caller exceeds a limit (429). `retryAfter` is the wait.
 *
 * @category errors
 * @since 0.1.0
 */
export class LimitError extends Schema.TaggedError<LimitError>()("LimitError", {
  limit: Schema.Literals(["perMinute", "concurrent"]),
  retryAfter: Schema.Duration
}) {
  override get message(): string {
    return this.limit === "perMinute" ? "too many requests in a minute" : "too many requests at a time"
  }
}

/**
 * The counts of all callers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Limits {
  /** Runs an effect for a subject, or fails at once. A request that exceeds `concurrent` does not count in the minute. */
  readonly limited: <A, E, R>(subject: string, effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | LimitError, R>
}

/** The wait after too many requests at a time. */
const pause = Duration.seconds(1)

/**
 * Makes the counts. They close with the scope. Fails if an option is invalid, but never because of the store.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  options: Options = {}
): Effect.fn.Return<Limits, ConfigurationError, Scope.Scope> {
  const { concurrent = 8, perMinute = 60, store } = options
  const lengths = Record.map({ limit: options.limit ?? "250 millis", lease: options.lease ?? "30 seconds" }, (length) =>
    Option.getOrElse(Duration.fromInput(length), () => Duration.zero)
  )
  const issues = check({ perMinute, concurrent }, lengths)
  if (issues.length > 0) return yield* new ConfigurationError({ issues })
  const alone = rate(perMinute)
  const atATime = places(concurrent)
  const counted = <A, E, R>(
    wait: Effect.Effect<Duration.Duration | undefined>,
    effect: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | LimitError, R> =>
    Effect.flatMap(wait, (retryAfter): Effect.Effect<A, E | LimitError, R> =>
      retryAfter === undefined ? effect : new LimitError({ limit: "perMinute", retryAfter })
    )
  if (store === undefined) {
    return { limited: (subject, effect) => atATime(subject, counted(alone(subject), effect)) }
  }
  const shared = yield* store.limits({
    perMinute,
    concurrent,
    ...lengths,
    onDown: (reason) =>
      Effect.logWarning(`Limits: the shared store is unavailable (${reason}); each process counts for itself`),
    onUp: Effect.logInfo("Limits: the shared store is available again")
  })
  const together = (subject: string, key: string) =>
    Effect.flatMap(shared.count(key), Option.match({ onNone: () => alone(subject), onSome: Effect.succeed }))
  return {
    limited: (subject, effect) =>
      atATime(
        subject,
        Effect.flatMap(keyOf(subject), (key) => sharedPlace(shared, key, counted(together(subject, key), effect)))
      )
  }
})

/** Counts the requests in flight of each subject in this process. */
const places = (concurrent: number): Limits["limited"] => {
  const running = new Map<string, number>()
  const enter = (subject: string) =>
    Effect.suspend(() => {
      const count = running.get(subject) ?? 0
      if (count >= concurrent) return Effect.fail(new LimitError({ limit: "concurrent", retryAfter: pause }))
      running.set(subject, count + 1)
      return Effect.void
    })
  const leave = (subject: string) =>
    Effect.sync(() => {
      const count = running.get(subject) ?? 0
      if (count > 1) running.set(subject, count - 1)
      else running.delete(subject)
    })
  return (subject, effect) =>
    Effect.acquireUseRelease(
      enter(subject),
      () => effect,
      () => leave(subject)
    )
}

/** Names a subject in the store by its hash. */
const keyOf = (subject: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(`tempcred limits ${subject}`))),
    (hash) => Base64Url.encode(new Uint8Array(hash))
  )

/** Runs an effect in a place that all processes count, if the store is available. */
const sharedPlace = <A, E, R>(
  shared: Counts,
  key: string,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | LimitError, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const owner = crypto.randomUUID()
      const leave = shared.leave(key, owner)
      const entered = yield* Effect.onInterrupt(restore(shared.enter(key, owner)), () => leave)
      if (Option.isNone(entered)) return yield* restore(effect)
      if (!entered.value) return yield* new LimitError({ limit: "concurrent", retryAfter: pause })
      return yield* Effect.ensuring(restore(Effect.raceFirst(effect, shared.stay(key, owner))), leave)
    })
  )

const check = (
  counts: Readonly<Record<string, number>>,
  lengths: Readonly<Record<string, Duration.Duration>>
): ReadonlyArray<Issue> => {
  const issue = (message: string) => (name: string) => ({ name: `Limits.${name}`, message })
  const unsound = Object.keys(counts).filter(
    (name) => !(Number.isSafeInteger(counts[name]) && (counts[name] ?? 0) >= 1)
  )
  const unbounded = Object.entries(lengths).filter(([, length]) => {
    const millis = Duration.toMillis(length)
    return !(millis >= 1 && Number.isFinite(millis))
  })
  return [
    ...unsound.map(issue("must be a whole number, 1 or more")),
    ...unbounded.map(([name]) => name).map(issue("must be a millisecond or longer, and finite"))
  ]
}

const window = Duration.minutes(1)

/** Counts a request of a key, or returns the wait until the window ends. */
type Rate = (key: string) => Effect.Effect<Duration.Duration | undefined>

interface Window {
  count: number
  /** In milliseconds of the monotonic clock: a wall clock that is set back would lengthen the window. */
  readonly endsAt: number
}

/** Makes a fixed-window rate limiter in memory, whose minute begins with its first request. It forgets windows within a minute after their end. */
const rate = (perMinute: number): Rate => {
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
