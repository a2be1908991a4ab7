/**
 * The pooled credentials of one scope, and the fiber that refills them. It mints missing ones,
 * discards old ones, waits after a failure, and ends after an idle time.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import { monotonicMillis } from "../Deadline.ts"
import { endOf, lifeLeft } from "../CredentialEnd.ts"
import type { Events } from "../Events.ts"
import { failureTags } from "../FailureTags.ts"
import type { MintRequest } from "../MintRequest.ts"
import { type ClockReading, moment } from "../ClockReading.ts"
import type { TempCredential } from "../TempCredential.ts"
import type { TempCredentialError } from "../TempCredentialError.ts"
import type { TempCredentialProvider } from "../TempCredentialProvider.ts"

/**
 * The wait after a failed refill in milliseconds. It doubles with each further failure up to the
 * maximum, and is shortened by up to half at random.
 */
const firstPause = 1000
const longestPause = 60_000

/** The stock of one scope. */
export interface WarmStock {
  /** Takes the oldest credential with enough remaining lifetime, and at least so many milliseconds. */
  readonly take: (least: number) => Effect.Effect<TempCredential | undefined>
  /** Refills the stock until it is idle. */
  readonly fill: Effect.Effect<void>
  /** Discards all credentials. */
  readonly drop: Effect.Effect<void>
}

/** Settings of a stock; durations are milliseconds. */
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
  /** The latest time to give it out, by the monotonic clock, and by the wall clock as a second check. */
  readonly until: number
  readonly untilWall: number
  /** The remaining lifetime at that time. */
  readonly spare: number
}

const pooled = Metric.gauge("tempcred_pool_level", { description: "Pooled single-use credentials" })

/** Makes the gauge of all credentials in a pool. */
export const makeLevel = (provider: string): Settings["level"] => {
  const gauge = Metric.withAttributes(pooled, { provider })
  let held = 0
  return (change) =>
    Effect.suspend(() => {
      held += change
      return Metric.update(gauge, held)
    })
}

/** Makes an empty stock; `now` is in monotonic milliseconds. */
export const make = (settings: Settings, now: number): WarmStock => {
  const { idle, level, max, min, minRemaining, provider, publish, request } = settings
  const stirred = Latch.makeUnsafe()
  let kept: ReadonlyArray<Kept> = []
  let target = min
  let asked = false
  let askedAt = now
  let failures = 0

  /** Discards old credentials, and lowers the target by their number. */
  const age = (at: ClockReading) => {
    const good = kept.filter((one) => one.until > at.monotonic && one.untilWall > at.wall)
    target = Math.max(min, target - (kept.length - good.length))
    kept = good
  }

  /** Makes a change in one synchronous step, and updates the gauge. */
  const step = <A>(change: (at: ClockReading) => A): Effect.Effect<A> =>
    Effect.clockWith((clock) =>
      Effect.suspend(() => {
        const before = kept.length
        const result = change(moment(clock))
        return kept.length === before ? Effect.succeed(result) : Effect.as(level(kept.length - before), result)
      })
    )

  const discard = step(age)

  const lasts = (one: Kept, at: ClockReading, least: number) =>
    Math.min(one.until - at.monotonic, one.untilWall - at.wall) + one.spare >= least

  const take = (least: number) =>
    step((at) => {
      age(at)
      const first = kept.find((one) => lasts(one, at, least))
      // The first request of a scope does not raise the target.
      if (kept.length === 0 && asked) target = Math.min(max, target + 1)
      asked = true
      askedAt = at.monotonic
      kept = kept.filter((one) => one !== first)
      stirred.openUnsafe()
      return first?.credential
    })

  /**
   * Adds a credential, and tells whether it is usable for a while. A wall clock that was set back
   * during the mint does not extend the lifetime.
   */
  const add = (credential: TempCredential, begun: ClockReading) =>
    step((at) => {
      const end = endOf(credential, begun, at)
      const life = lifeLeft(end, at)
      const spare = minRemaining ?? life / 2
      if (life <= spare) return false
      kept = [...kept, { credential, until: end.monotonic - spare, untilWall: end.wall - spare, spare }]
      return true
    })

  const failed = Effect.fnUntraced(function* (cause: Cause.Cause<TempCredentialError>) {
    if (failures === 0) {
      for (const reason of failureTags(cause)) yield* publish({ _tag: "RefreshFailed", provider: provider.id, reason })
    }
    return false
  })

  const refill = Effect.fnUntraced(function* (missing: number) {
    const one = Effect.flatMap(
      step((at) => at),
      (begun) =>
        // A defect of the provider must not end the refills of its scope.
        Effect.matchCauseEffect(provider.mint(request), {
          onSuccess: (credential) => add(credential, begun),
          onFailure: failed
        })
    )
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
      const instant = yield* monotonicMillis
      const ages = Math.min(...kept.map((one) => one.until - instant))
      yield* Effect.timeoutOption(stirred.await, Math.min(rests, ages))
    }
  })

  const drop = step(() => {
    kept = []
  })

  return { take: (least) => Effect.uninterruptible(take(least)), fill, drop }
}
