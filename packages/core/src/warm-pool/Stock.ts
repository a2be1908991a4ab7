/**
 * The credentials that a pool keeps for one scope, and the fiber that keeps them: it mints what is missing, throws away what has aged, waits after a
 * failure, and ends when nobody has asked for a while.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import { monotonicMillis } from "../Deadline.ts"
import type { Events } from "../Events.ts"
import type { MintRequest } from "../MintRequest.ts"
import type { TempCredential } from "../TempCredential.ts"
import type { TempCredentialError } from "../TempCredentialError.ts"
import type { TempCredentialProvider } from "../TempCredentialProvider.ts"

/** In milliseconds: the wait after a refill that failed, doubled with each that follows, up to the longest, and up to half shorter by chance. */
const firstPause = 1000
const longestPause = 60_000

/**
 * The stock of one scope.
 *
 * @category models
 * @since 0.1.0
 */
export interface WarmStock {
  /** Hands out the oldest credential that is good enough, or nothing. */
  readonly take: Effect.Effect<TempCredential | undefined>
  /** Keeps the stock filled until nobody has asked for a while. */
  readonly fill: Effect.Effect<void>
  /** Throws everything away. */
  readonly drop: Effect.Effect<void>
}

/**
 * How a stock is kept; lengths are milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Settings {
  readonly provider: TempCredentialProvider["Service"]
  readonly request: MintRequest
  readonly publish: (typeof Events)["Service"]
  readonly level: (change: number) => Effect.Effect<void>
  readonly min: number
  readonly max: number
  readonly minRemaining: number | undefined
  readonly idle: number
}

interface Kept {
  readonly credential: TempCredential
  /** Until when it may be handed out, by the monotonic clock, and by the wall clock as a second opinion. */
  readonly until: number
  readonly untilWall: number
}

const pooled = Metric.gauge("tempcred_pool_level", { description: "Single-use credentials that are kept ready" })

/**
 * Counts the credentials that all stocks of a pool hold together.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeLevel = (provider: string): Settings["level"] => {
  const gauge = Metric.withAttributes(pooled, { provider })
  let held = 0
  return (change) =>
    Effect.suspend(() => {
      held += change
      return Metric.update(gauge, held)
    })
}

/**
 * Makes an empty stock for a request that is made now, in monotonic milliseconds.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (settings: Settings, now: number): WarmStock => {
  const { idle, level, max, min, minRemaining, provider, publish, request } = settings
  const stirred = Latch.makeUnsafe()
  let kept: ReadonlyArray<Kept> = []
  let target = min
  let asked = false
  let askedAt = now
  let failures = 0

  const put = (next: ReadonlyArray<Kept>) =>
    Effect.suspend(() => {
      const change = next.length - kept.length
      kept = next
      return change === 0 ? Effect.void : level(change)
    })

  /** Throws away what has aged: so many were too many. */
  const discard = Effect.gen(function* () {
    const moment = yield* monotonicMillis
    const wall = yield* Clock.currentTimeMillis
    const good = kept.filter((one) => one.until > moment && one.untilWall > wall)
    target = Math.max(min, target - (kept.length - good.length))
    yield* put(good)
  })

  const take = Effect.gen(function* () {
    yield* discard
    const [first, ...rest] = kept
    // The very first request finds nothing because nobody could know of it.
    if (first === undefined && asked) target = Math.min(max, target + 1)
    asked = true
    askedAt = yield* monotonicMillis
    yield* put(rest)
    stirred.openUnsafe()
    return first?.credential
  })

  /** Tells whether the credential is good for a while. */
  const add = Effect.fnUntraced(function* (credential: TempCredential) {
    const moment = yield* monotonicMillis
    const wall = yield* Clock.currentTimeMillis
    const ends = DateTime.toEpochMillis(credential.expiresAt)
    const spare = minRemaining ?? (ends - wall) / 2
    if (ends - wall <= spare) return false
    yield* put([...kept, { credential, until: moment + ends - wall - spare, untilWall: ends - spare }])
    return true
  })

  const failed = Effect.fnUntraced(function* (error: TempCredentialError) {
    if (failures === 0) yield* publish({ _tag: "RefreshFailed", provider: provider.id, reason: error.reason._tag })
    return false
  })

  const refill = Effect.fnUntraced(function* (missing: number) {
    const one = Effect.matchEffect(provider.mint(request), { onSuccess: add, onFailure: failed })
    const all = yield* Effect.all(
      Array.from({ length: missing }, () => one),
      { concurrency: "unbounded" }
    )
    if (all.every((added) => added)) {
      failures = 0
      return
    }
    const pause = Math.min(longestPause, firstPause * 2 ** failures)
    failures += 1
    yield* Effect.sleep(pause * (yield* Random.nextBetween(0.5, 1)))
  })

  const fill = Effect.gen(function* () {
    while (true) {
      stirred.closeUnsafe()
      yield* discard
      const rests = askedAt + idle - (yield* monotonicMillis)
      if (rests <= 0) return
      if (kept.length < target) {
        yield* refill(target - kept.length)
        continue
      }
      const moment = yield* monotonicMillis
      const ages = Math.min(...kept.map((one) => one.until - moment))
      yield* Effect.timeoutOption(stirred.await, Math.min(rests, ages))
    }
  })

  return { take: Effect.uninterruptible(take), fill, drop: put([]) }
}
