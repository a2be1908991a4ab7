/**
 * How much one identity may ask for: mints in a minute, and mints at a time. Counted in memory, or in Redis for all processes together. While Redis is
 * away, each process counts for itself, and nothing fails because of it.
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
import type { Options as SharingOptions } from "@tempcred/core/CredentialSharing"
import type { Length } from "@tempcred/core/MintRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Rate from "./limits/Rate.ts"
import * as Shared from "./limits/Shared.ts"

/**
 * The limits of each identity.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * Requests in a minute, which begins with the first after the last one ended and is not moved by later ones; more are answered with 429 until it is over. As
   * minutes may follow each other, 60 seconds across the end of one can hold up to twice as many.
   *
   * @default 60
   */
  readonly perMinute?: number | undefined
  /** Requests at a time, more are answered with 429. @default 8 */
  readonly concurrent?: number | undefined
  /**
   * Where the counts are kept for all processes: Redis 6.2 or later. Keys are named by a plain hash of the subject, which can be guessed unless the policy tells
   * the vendor a keyed hash: then it is a hash of that.
   *
   * @default in memory, each process for itself
   */
  readonly redis?: SharingOptions["redis"] | undefined
  /** Bound on one exchange with Redis; one that takes longer is an outage. @default "250 millis" */
  readonly limit?: Length | undefined
  /** How long after its last sign of life the requests of a process that died still count in Redis. @default "30 seconds" */
  readonly lease?: Length | undefined
}

/**
 * The identity asks for too much (429); it may ask again after `retryAfter`.
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
 * Keeps identities to their limits.
 *
 * @category models
 * @since 0.1.0
 */
export interface Limits {
  /** Runs an effect for a subject, or fails at once where the subject is past a limit; a request that is refused for too many at a time is not counted. */
  readonly limited: <A, E, R>(subject: string, effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | LimitError, R>
}

/** When a request that is one too many at a time is likely to fit. */
const pause = Duration.seconds(1)

/**
 * Opens the counts, which close with the scope; fails where a limit makes no sense, and never because of Redis.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  options: Options = {}
): Effect.fn.Return<Limits, ConfigurationError, Scope.Scope> {
  const { concurrent = 8, perMinute = 60, redis } = options
  const lengths = Record.map({ limit: options.limit ?? "250 millis", lease: options.lease ?? "30 seconds" }, (length) =>
    Option.getOrElse(Duration.fromInput(length), () => Duration.zero)
  )
  const issues = check({ perMinute, concurrent }, lengths)
  if (issues.length > 0) return yield* new ConfigurationError({ issues })
  const alone = Rate.local(perMinute)
  const atATime = places(concurrent)
  const counted = <A, E, R>(
    wait: Effect.Effect<Duration.Duration | undefined>,
    effect: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | LimitError, R> =>
    Effect.flatMap(wait, (retryAfter): Effect.Effect<A, E | LimitError, R> =>
      retryAfter === undefined ? effect : new LimitError({ limit: "perMinute", retryAfter })
    )
  if (redis === undefined) {
    return { limited: (subject, effect) => atATime(subject, counted(alone(subject), effect)) }
  }
  const shared = yield* Shared.make({ redis, perMinute, concurrent, ...lengths })
  const together = (subject: string, key: string) =>
    Effect.flatMap(shared.count(key), Option.match({ onNone: () => alone(subject), onSome: Effect.succeed }))
  return {
    limited: (subject, effect) =>
      atATime(
        subject,
        Effect.flatMap(Shared.keyOf(subject), (key) =>
          sharedPlace(shared, key, counted(together(subject, key), effect))
        )
      )
  }
})

/** Counts what runs for each subject in this process; who has nothing running is forgotten. */
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

/** Runs an effect in a place that all processes know of, where Redis can be asked. */
const sharedPlace = <A, E, R>(
  shared: Shared.Shared,
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
