/**
 * The credentials that a pool keeps for one scope, and the fiber that keeps them: it mints what is missing, throws away what has aged, waits after a
 * failure, and ends when nobody has asked for a while.
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

/** In milliseconds: the wait after a refill that failed, doubled with each that follows, up to the longest, and up to half shorter by chance. */
const firstPause = 1000
const longestPause = 60_000

/** The stock of one scope. */
export interface WarmStock {
  /** Hands out the oldest credential that is good enough and has so many milliseconds of life left, or nothing. */
  readonly take: (least: number) => Effect.Effect<TempCredential | undefined>
  /** Keeps the stock filled until nobody has asked for a while. */
  readonly fill: Effect.Effect<void>
  /** Throws everything away. */
  readonly drop: Effect.Effect<void>
}

/** How a stock is kept; lengths are milliseconds. */
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
  /** How much life it has left then. */
  readonly spare: number
}

const pooled = Metric.gauge("tempcred_pool_level", { description: "Single-use credentials that are kept ready" })

/** Counts the credentials that all stocks of a pool hold together. */
export const makeLevel = (provider: string): Settings["level"] => {
  const gauge = Metric.withAttributes(pooled, { provider })
  let held = 0
  return (change) =>
    Effect.suspend(() => {
      held += change
      return Metric.update(gauge, held)
    })
}

/** Makes an empty stock for a request that is made now, in monotonic milliseconds. */
export const make = (settings: Settings, now: number): WarmStock => {
  const { idle, level, max, min, minRemaining, provider, publish, request } = settings
  const stirred = Latch.makeUnsafe()
  let kept: ReadonlyArray<Kept> = []
  let target = min
  let asked = false
  let askedAt = now
  let failures = 0

  /** Throws away what has aged: so many were too many. */
  const age = (at: ClockReading) => {
    const good = kept.filter((one) => one.until > at.monotonic && one.untilWall > at.wall)
    target = Math.max(min, target - (kept.length - good.length))
    kept = good
  }

  /** One step that no other fiber comes between, and then the count of what it changed. */
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
      // The very first request finds nothing because nobody could know of it.
      if (kept.length === 0 && asked) target = Math.min(max, target + 1)
      asked = true
      askedAt = at.monotonic
      kept = kept.filter((one) => one !== first)
      stirred.openUnsafe()
      return first?.credential
    })

  /** Tells whether the credential, whose mint began then, is good for a while; a wall clock that was set back meanwhile lengthens no life. */
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
        // A provider that throws must not end the pool of its scope.
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
