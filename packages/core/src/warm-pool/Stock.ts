/**
 * The pooled credentials of one scope, and the effect that refills them. It mints missing credentials,
 * discards old ones, waits after a failure, and ends after an idle time.
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import { endOf } from "../CredentialEnd.ts"
import type { Events } from "../Events.ts"
import { failureTags } from "../FailureTags.ts"
import type { MintRequest } from "../MintRequest.ts"
import { type ClockReading, moment } from "../ClockReading.ts"
import type { TempCredential } from "../TempCredential.ts"
import type { TempCredentialProvider } from "../TempCredentialProvider.ts"
import * as Level from "./Level.ts"

/**
 * The wait after a failed refill in milliseconds. It doubles with each further failure up to the
 * maximum, and is shortened by up to half at random.
 */
const firstPause = 1000
const longestPause = 60_000

/** The stock of one scope. */
export interface WarmStock {
  /** Takes the oldest credential with enough remaining lifetime, which is at least `least` milliseconds. */
  readonly take: (least: number) => Effect.Effect<TempCredential | undefined>
  /** Refills the stock until it is idle. */
  readonly fill: Effect.Effect<void>
  /** Discards all credentials. */
  readonly drop: Effect.Effect<void>
}

/** Settings of a stock. Durations are milliseconds. `level` changes the gauge of pooled credentials. */
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
  const { idle, minRemaining, provider, publish, request } = settings
  const stirred = Latch.makeUnsafe()
  let level = Level.make(settings, now)

  /** Makes a change in one synchronous step, and updates the gauge. */
  const step = <A>(change: (at: ClockReading) => readonly [A, Level.Level]): Effect.Effect<A> =>
    Effect.clockWith((clock) =>
      Effect.suspend(() => {
        const before = level.kept.length
        const [result, after] = change(moment(clock))
        level = after
        const difference = after.kept.length - before
        return difference === 0 ? Effect.succeed(result) : Effect.as(settings.level(difference), result)
      })
    )

  const take = (least: number) =>
    Effect.map(
      step((at) => Level.taken(level, at, least, settings)),
      (credential) => {
        stirred.openUnsafe()
        return credential
      }
    )

  /** Adds a credential. Returns false if its lifetime is too short. */
  const add = (credential: TempCredential, begun: ClockReading) =>
    step((at) => {
      // A wall clock that was set back during the mint does not extend the lifetime.
      const after = Level.added(level, at, credential, endOf(credential, begun, at), minRemaining)
      return [after !== level, after]
    })

  /** Mints one credential, and returns whether it was added. Publishes only the first failure in a row. */
  const mintOne = Effect.fnUntraced(function* (failures: number) {
    const begun = yield* step((at) => [at, level])
    // A defect of the provider must not end the refills of its scope.
    return yield* Effect.matchCauseEffect(provider.mint(request), {
      onSuccess: (credential) => add(credential, begun),
      onFailure: (cause) => {
        const reasons = failures === 0 ? failureTags(cause) : []
        const told = Effect.forEach(reasons, (reason) =>
          publish({ _tag: "RefreshFailed", provider: provider.id, reason })
        )
        return Effect.as(told, false)
      }
    })
  })

  /** Mints the missing credentials, pauses after a failure, and returns the number of failures in a row. */
  const refill = Effect.fnUntraced(function* (missing: number, failures: number) {
    const mints = Array.from({ length: missing }, () => mintOne(failures))
    const all = yield* Effect.all(mints, { concurrency: "unbounded" })
    if (all.every((added) => added)) return 0
    const pause = Math.min(longestPause, firstPause * 2 ** failures)
    yield* Effect.sleep(pause * (yield* Random.nextBetween(0.5, 1)))
    return failures + 1
  })

  /** Refills the stock after each request and each discarded credential, until the scope is idle. */
  const keep = (failures: number): Effect.Effect<void> =>
    Effect.flatMap(
      step((at) => {
        stirred.closeUnsafe()
        return [at.monotonic, Level.aged(level, at, settings)]
      }),
      (at) => {
        const rests = level.askedAt + idle - at
        if (rests <= 0) return Effect.void
        const missing = level.target - level.kept.length
        if (missing > 0) return Effect.flatMap(refill(missing, failures), keep)
        const wait = Effect.timeoutOption(stirred.await, Math.min(rests, Level.untilNext(level, at)))
        return Effect.flatMap(wait, () => keep(failures))
      }
    )

  return {
    take: (least) => Effect.uninterruptible(take(least)),
    fill: Effect.suspend(() => keep(0)),
    drop: step(() => [undefined, { ...level, kept: [] }])
  }
}
