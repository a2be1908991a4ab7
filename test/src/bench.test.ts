/** What of the benchmarks does not depend on the machine: how often everybody mints. */
import { assert, describe, it } from "@effect/vitest"
import { crowds } from "../bench/ColdGets.ts"
import { ours } from "../bench/Ours.ts"
import { aws, azure, google, googleRefreshToken, peers, tuned } from "../bench/Peers.ts"
import { ourMints, peerMints } from "../bench/ShortLived.ts"

describe("10,000 concurrent cold gets of one scope", () => {
  it.each([ours, aws, azure, googleRefreshToken])("are one mint: $name", async (door) => {
    const [crowd] = await crowds(door, 1)
    assert.strictEqual(crowd?.mints, 1)
  })

  it("are a mint each where Google's client is given a handler", async () => {
    const [crowd] = await crowds(google, 1)
    assert.strictEqual(crowd?.mints, 10_000)
  })
})

describe("a credential of 30 s fetched every second for 10 minutes", () => {
  it("is minted at most 32 times, and each one is renewed before its end", async () => {
    const mints = await ourMints()
    assert.isAtMost(mints, 32)
    assert.isAbove(mints, 600 / 30)
  })

  it.each(peers)("is minted with every fetch: $name", async (peer) => {
    assert.isAtLeast(await peerMints(peer), 600)
  })

  it.each(tuned(3000))("is minted with every fetch only by default: $name", async (peer) => {
    assert.isAtMost(await peerMints(peer), 32)
  })
})
