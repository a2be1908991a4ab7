/** A credential opens what it says, for as long as it says, and nothing else: both vendors in the same words. */
import { fill } from "@tempcred/core/Connection"
import type { TempCredential } from "@tempcred/core/TempCredential"
import * as Duration from "effect/Duration"
import { assert, describe, it } from "vitest"
import { collect, type Outcome, submit, transcript } from "./support/talks.ts"
import { start, type Use, vendors } from "./support/vendors.ts"

type Opening = Pick<TempCredential, "connections" | "token">

const subject = "ann"

/** Talks over every connection, with the credential's own token or another's. */
const talks = async ({ talk }: Use, { connections, token }: Opening, other?: Opening) => {
  const outcomes: Array<Outcome> = []
  for (const connection of connections) outcomes.push(await talk(fill(connection, other?.token ?? token)))
  return outcomes
}

const refused = (outcomes: ReadonlyArray<Outcome>) => {
  assert.isAbove(outcomes.length, 0)
  for (const outcome of outcomes) {
    assert.match(
      "refused" in outcome ? outcome.refused : `heard ${outcome.heard}`,
      /^(401|not_authorised|unauthenticated)$/
    )
  }
}

const accepted = ({ outcome }: Use, outcomes: ReadonlyArray<Outcome>) => {
  assert.isAbove(outcomes.length, 0)
  for (const one of outcomes) assert.deepStrictEqual(one, outcome)
}

describe.each(vendors)("$name", (vendor) => {
  const { adapter, regional, uses } = vendor

  it("has a talk for every purpose that the adapter serves", () => {
    assert.sameMembers(
      uses.map(({ purpose }) => purpose),
      Object.keys(adapter.capabilities)
    )
  })

  describe.each(uses)("$purpose", (use) => {
    const { product, purpose, talk } = use

    it("every connection is accepted, as often as is wished", async () => {
      await using world = await start(vendor)
      const credential = await world.minter.mint({ purpose, subject })
      assert.strictEqual(credential.uses, "many")
      accepted(use, await talks(use, credential))
      accepted(use, await talks(use, credential))
    })

    it("a credential for one use is refused a second one, and one for many is not", async () => {
      await using world = await start(vendor)
      const mint = () => world.minter.mint({ purpose, subject, singleUse: true, onUnsupported: "relax" })
      for (const [index] of (await mint()).connections.entries()) {
        const credential = await mint()
        const connection = fill(credential.connections[index] ?? credential.connections[0], credential.token)
        accepted(use, [await talk(connection)])
        if (credential.uses === "once") refused(await talks(use, credential))
        else accepted(use, await talks(use, credential))
        assert.strictEqual(credential.relaxed.includes("singleUse"), credential.uses === "many")
      }
    })

    it("no other product accepts it", async () => {
      await using world = await start(vendor)
      const credential = await world.minter.mint({ purpose, subject })
      for (const another of uses.filter((one) => one.product !== product)) {
        refused(await talks(another, await world.minter.mint({ purpose: another.purpose, subject }), credential))
      }
    })

    it(`another region ${regional ? "refuses" : "accepts"} it`, async () => {
      await using world = await start(vendor)
      const credential = await world.minter.mint({ purpose, subject })
      const other = await world.abroad.mint({ purpose, subject })
      assert.notStrictEqual(credential.connections[0].url, other.connections[0].url)
      accepted(use, await talks(use, other))
      if (regional) refused(await talks(use, other, credential))
      else accepted(use, await talks(use, other, credential))
    })

    it("it is accepted until it expires, and then by no connection", async () => {
      await using world = await start(vendor)
      const credential = await world.minter.mint({ purpose, subject, ttl: "60 seconds" })
      world.advance(59_000)
      accepted(use, await talks(use, credential))
      world.advance(1000)
      refused(await talks(use, credential))
    })

    it("a connection is accepted until the day that it is marked with", async () => {
      await using world = await start(vendor)
      world.advance(Date.UTC(2027, 0, 14, 23, 59) - Date.UTC(2026, 10, 21, 12))
      accepted(use, await talks(use, await world.minter.mint({ purpose, subject })))
      world.advance(60_000)
      const { connections, token } = await world.minter.mint({ purpose, subject })
      for (const connection of connections) {
        const outcomes = [await talk(fill(connection, token))]
        if (connection.deprecatedFrom === undefined) accepted(use, outcomes)
        else refused(outcomes)
      }
    })
  })

  describe.each(uses.filter(({ purpose }) => purpose.endsWith(".realtime")))("a session of $purpose", (use) => {
    const { purpose, talk } = use

    it("outlives the credential that opened it", async () => {
      await using world = await start(vendor)
      const seconds = adapter.capabilities[purpose]?.ttlSeconds.min ?? 0
      const { connections, token } = await world.minter.mint({ purpose, ttl: `${seconds} seconds` })
      const expire = () => world.advance(seconds * 1000)
      accepted(use, [await talk(fill(connections[0], token), expire)])
      refused(await talks(use, { connections, token }))
    })

    it("is cut at its limit, where the vendor took one", async () => {
      await using world = await start(vendor)
      const request = { purpose, maxSession: "10 seconds", onUnsupported: "relax" } as const
      const { connections, maxSession, relaxed, token } = await world.minter.mint(request)
      assert.deepStrictEqual(maxSession, relaxed.includes("maxSession") ? undefined : Duration.seconds(10))
      for (const connection of connections) {
        const outcome = await talk(fill(connection, token), () => world.advance(10_000))
        assert.deepStrictEqual(
          outcome,
          maxSession === undefined ? use.outcome : { refused: "temp_api_key_session_expired" }
        )
      }
    })
  })
})

describe("a credential for one user's jobs", () => {
  it("does not open those of another", async () => {
    const [vendor = assert.fail("no vendor has jobs")] = vendors.filter(
      ({ adapter }) => adapter.capabilities["stt.batch"] !== undefined
    )
    await using world = await start(vendor)
    const connectionOf = async (user?: string) => {
      const exposure = user === undefined ? "server" : "client"
      const { connections, token } = await world.minter.mint({ purpose: "stt.batch", subject: user, exposure })
      return fill(connections[0], token)
    }
    const job = await submit(await connectionOf("ann"))
    const id = "heard" in job ? job.heard : assert.fail(job.refused)
    assert.deepStrictEqual(await collect(await connectionOf("ann"), id), transcript)
    assert.deepStrictEqual(await collect(await connectionOf("bob"), id), { refused: "404" })
    assert.deepStrictEqual(await collect(await connectionOf(), id), transcript)
  })
})
