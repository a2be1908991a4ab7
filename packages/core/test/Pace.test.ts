/** How the rate limiter learns the rate of a vendor account from 429 responses. */
import * as Pace from "../src/rate-gate/Pace.ts"
import { assert, describe, it } from "@effect/vitest"

/** Starts and ends one call at a given time, with a success or a refusal (429). */
const call = (pace: Pace.Pace, now: number, outcome: "accepted" | "refused", asked?: number): Pace.Pace => {
  const started = Pace.started(pace, now)
  return Pace.ended(outcome === "accepted" ? Pace.succeeded(started, now) : Pace.refused(started, now, now, asked))
}

/** The state after ten accepted calls, the last one at 900. */
const ten = Array.from({ length: 10 }, (_, index) => index * 100).reduce(
  (pace, now) => call(pace, now, "accepted"),
  Pace.make(16)
)

/** Refusals of concurrent calls at 900, with a Retry-After of 50 ms. */
const together = (pace: Pace.Pace, count: number): Pace.Pace =>
  Array.from({ length: count }).reduce<Pace.Pace>((next) => Pace.refused(next, 900, 900, 50), pace)

/** A rate of 10 calls a second, learned from four refusals. Its wait ended at 950. */
const learned = together(ten, 4)

describe("the learned rate of a vendor account", () => {
  it("one refusal delays every call by its Retry-After, and sets no rate", () => {
    const pace = call(ten, 900, "refused", 3000)
    assert.strictEqual(Pace.wait(pace, 900), 3000)
    assert.strictEqual(Pace.wait(pace, 3900), 0)
    assert.isUndefined(Pace.rate(pace, 3900))
  })

  it("four refusals in a row set the rate to the calls accepted in the last second; three set none", () => {
    assert.isUndefined(Pace.rate(together(ten, 3), 950))
    assert.strictEqual(Pace.rate(learned, 950), 0.01)
  })

  it("a success resets the count of refusals", () => {
    const pace = call(together(ten, 3), 960, "accepted")
    assert.isUndefined(Pace.rate(call(pace, 970, "refused", 50), 1020))
  })

  it("four refusals set no rate if no call was accepted in the last second", () => {
    const pace = [5000, 6000, 7000, 8000].reduce((next, now) => call(next, now, "refused", 50), ten)
    assert.isUndefined(Pace.rate(pace, 9000))
  })

  it("calls start at the rate, and a timer that fires up to 10 ms late does not lower it", () => {
    const first = Pace.started(learned, 955)
    assert.strictEqual(Pace.wait(first, 955), 95)
    const late = Pace.started(first, 1058)
    assert.strictEqual(Pace.wait(late, 1058), 92)
  })

  it("the rate stays for a second after the wait; then it rises by 2 %, and the increase doubles each second", () => {
    assert.strictEqual(Pace.rate(learned, 1949), 0.01)
    assert.closeTo(Pace.rate(learned, 1950) ?? 0, 0.0102, 1e-9)
    assert.closeTo(Pace.rate(learned, 2950) ?? 0, 0.0104, 1e-9)
    assert.closeTo(Pace.rate(learned, 3950) ?? 0, 0.0108, 1e-9)
  })

  it("a refusal above the rate keeps it four times as long, up to a minute", () => {
    let pace = learned
    for (const stays of [4000, 16_000, 60_000, 60_000]) {
      const now = pace.opensAt + pace.patience + 1000
      pace = call(pace, now, "refused", 50)
      assert.strictEqual(Pace.rate(pace, now + 50 + stays - 1), 0.01)
      assert.isAbove(Pace.rate(pace, now + 50 + stays) ?? 0, 0.01)
    }
  })

  it("a refusal above the rate raises it by a quarter of the increase, if that many calls were accepted", () => {
    const busy = Array.from({ length: 20 }, (_, index) => 5000 + index * 40).reduce(
      (pace, now) => call(pace, now, "accepted"),
      learned
    )
    const excess = (Pace.rate(busy, 5800) ?? 0) - 0.01
    const pace = call(busy, 5800, "refused", 50)
    assert.closeTo(Pace.rate(pace, 5850) ?? 0, 0.01 + excess / 4, 1e-9)
  })

  it("a refusal at the rate lowers it by 3 %, down to one call a second", () => {
    const pace = call(learned, 960, "refused", 50)
    assert.closeTo(Pace.rate(pace, 1010) ?? 0, 0.0097, 1e-9)
    let slow = pace
    for (let count = 0; count < 200; count++) slow = call(slow, slow.opensAt, "refused", 50)
    assert.strictEqual(Pace.rate(slow, slow.opensAt), 0.001)
  })

  it("a refusal of a call that started before the wait can only extend the wait", () => {
    const late = (asked: number) => Pace.refused(learned, 940, 800, asked)
    assert.strictEqual(Pace.held(late(5), 940), 10)
    assert.strictEqual(Pace.held(late(500), 940), 500)
    assert.strictEqual(Pace.rate(late(500), 1440), 0.01)
  })

  it("without Retry-After, the wait doubles with each refusal up to 30 seconds, and a success resets it", () => {
    let pace = ten
    for (const hold of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const now = Math.max(pace.opensAt, 5000)
      pace = call(pace, now, "refused")
      assert.strictEqual(Pace.held(pace, now), hold)
    }
    const now = pace.opensAt
    assert.strictEqual(Pace.held(call(call(pace, now, "accepted"), now, "refused"), now), 500)
  })

  it("the number of concurrent calls is limited, and each success raises the limit by one", () => {
    const full = Pace.started(Pace.started(Pace.make(2), 0), 0)
    assert.strictEqual(Pace.wait(full, 0), Number.POSITIVE_INFINITY)
    const back = Pace.ended(Pace.succeeded(full, 5))
    const two = Pace.started(Pace.started(back, 5), 5)
    assert.strictEqual(two.underway, 3)
    assert.strictEqual(Pace.wait(two, 5), Number.POSITIVE_INFINITY)
  })
})
