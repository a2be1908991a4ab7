/** Vendors with three kinds of rate limits, and callers that mint from them during a test. */
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Acme from "./acme.ts"

/** Accepts a call at this time (0), or returns the milliseconds until it would. */
type Limit = (now: number) => number

const limits = {
  "a fixed window": (perSecond: () => number): Limit => {
    let window = -1
    let taken = 0
    return (now) => {
      if (Math.floor(now / 1000) !== window) {
        window = Math.floor(now / 1000)
        taken = 0
      }
      if (taken >= perSecond()) return (window + 1) * 1000 - now
      taken += 1
      return 0
    }
  },
  "a sliding window": (perSecond: () => number): Limit => {
    let taken: Array<number> = []
    return (now) => {
      taken = taken.filter((at) => at > now - 1000)
      if (taken.length >= perSecond()) return (taken[0] ?? now) + 1000 - now
      taken.push(now)
      return 0
    }
  },
  "a token bucket": (perSecond: () => number): Limit => {
    let tokens = perSecond()
    let last = 0
    return (now) => {
      tokens = Math.min(perSecond(), tokens + ((now - last) * perSecond()) / 1000)
      last = now
      if (tokens < 1) return ((1 - tokens) * 1000) / perSecond()
      tokens -= 1
      return 0
    }
  }
}

export type Kind = keyof typeof limits

/** The Retry-After header of a 429 response. */
const tells = {
  nothing: () => ({}),
  "whole seconds": (wait: number) => ({ "retry-after": String(Math.ceil(wait / 1000)) }),
  milliseconds: (wait: number) => ({ "retry-after-ms": String(Math.ceil(wait)) })
}

export type Telling = keyof typeof tells

/** Responds after 80 to 120 ms, and records the times of accepted and refused calls. */
export const vendor = (kind: Kind, telling: Telling, perSecond: () => number) => {
  const taken: Array<number> = []
  const refused: Array<number> = []
  const limit = limits[kind](perSecond)
  const send = Effect.fnUntraced(function* () {
    const sentAt = yield* Clock.currentTimeMillis
    yield* Effect.sleep(40 + ((taken.length * 7) % 20))
    const now = yield* Clock.currentTimeMillis
    const wait = limit(now)
    ;(wait > 0 ? refused : taken).push(now)
    yield* Effect.sleep(40 + ((taken.length * 11) % 20))
    const receivedAt = yield* Clock.currentTimeMillis
    return wait > 0
      ? { status: 429, headers: tells[telling](wait), text: "{}", sentAt, receivedAt }
      : { status: 201, headers: {}, text: JSON.stringify({ token: Acme.token }), sentAt, receivedAt }
  })
  const between = (times: ReadonlyArray<number>, from: number, to: number) =>
    times.filter((at) => at >= from * 1000 && at < to * 1000).length
  return {
    taken,
    refused,
    /** Accepted calls per second, between two seconds of the test. */
    rate: (from: number, to: number) => between(taken, from, to) / (to - from),
    /** The share of refused calls, between two seconds of the test. */
    share: (from: number, to: number) =>
      between(refused, from, to) / Math.max(1, between(refused, from, to) + between(taken, from, to)),
    layer: Layer.succeed(Transport, Transport.of({ send }))
  }
}

/** Runs this many callers for this many seconds; each mints again as soon as it has a result. */
export const load = Effect.fnUntraced(function* (
  provider: TempCredentialProvider["Service"],
  callers: number,
  seconds: number
) {
  let given = 0
  let failed = 0
  const caller = Effect.forever(
    Effect.matchEffect(provider.mint({ purpose: "stt.realtime" }), {
      onSuccess: () => Effect.sync(() => void (given += 1)),
      onFailure: () =>
        Effect.andThen(
          Effect.sync(() => void (failed += 1)),
          Effect.sleep(1000)
        )
    })
  )
  yield* Effect.scoped(
    Effect.gen(function* () {
      yield* Effect.forEach(Array.from({ length: callers }), () => Effect.forkScoped(caller), { discard: true })
      yield* TestClock.adjust(seconds * 1000)
    })
  )
  return { given: () => given, failed: () => failed }
})
