/** A credential opens its own product until it expires, and nothing else; the same tests for all vendors. */
import { type Connection, fill } from "@tempcred/core/Connection"
import type { TempCredential } from "@tempcred/core/TempCredential"
import { systemClock } from "@tempcred/emulator/Emulator"
import { trial } from "@tempcred/testing/Contract"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { assert, describe, it } from "vitest"
import { collect, type Outcome, submit, transcript } from "./support/talks.ts"
import { start, type Use, vendors } from "./support/vendors.ts"

const subject = "ann"

/** A credential; or, for single-use ones, a credential for each connection. */
type Batch = ReadonlyArray<TempCredential>

const batch = async (mint: () => Promise<TempCredential>): Promise<Batch> => {
  const first = await mint()
  return first.uses === "many" ? [first] : [first, ...(await Promise.all(first.connections.slice(1).map(mint)))]
}

/** Fills in another credential's secret; for whole URLs, their query. */
const mixed = (connection: Connection, own: TempCredential, other: TempCredential) => {
  const filled = fill(connection, other.token)
  if (connection.url !== "{token}") return filled
  const url = new URL(fill(connection, own.token).url)
  url.search = URL.parse(filled.url)?.search ?? filled.url
  return { ...filled, url: url.href }
}

/** Converses over every connection, with the credential's own token or another one. */
const talks = async ({ talk }: Use, own: Batch, other = own, midway?: () => void) => {
  const of = (credentials: Batch, index: number) => credentials[index] ?? credentials[0] ?? assert.fail("none")
  const outcomes: Array<Outcome> = []
  for (const index of of(own, 0).connections.keys()) {
    const { connections } = of(own, index)
    outcomes.push(await talk(mixed(connections[index] ?? connections[0], of(own, index), of(other, index)), midway))
  }
  return outcomes
}

const refused = (outcomes: ReadonlyArray<Outcome>) => {
  assert.isAbove(outcomes.length, 0)
  for (const outcome of outcomes) {
    assert.match(
      "refused" in outcome ? outcome.refused : `heard ${outcome.heard}`,
      /^(401|not_authorised|unauthenticated|invalid_api_key|1008|unauthorized|auth_error|3000)$/
    )
  }
}

const accepted = ({ outcome }: Use, outcomes: ReadonlyArray<Outcome>) => {
  assert.isAbove(outcomes.length, 0)
  for (const one of outcomes) assert.deepStrictEqual(one, outcome)
}

describe.each(vendors)("$name", (vendor) => {
  const { adapter, regional, uses } = vendor

  it("has a conversation for every purpose of the adapter", () => {
    assert.sameMembers(
      uses.map(({ purpose }) => purpose),
      Object.keys(adapter.capabilities)
    )
  })

  it("connects in every region to hosts that its emulator has", async () => {
    const emulator = vendor.emulator(systemClock)
    // An unknown host belongs to the first region, where the key is valid.
    const handle = (request: Request) => {
      const { pathname, search } = new URL(request.url)
      return emulator.handle(new Request(`http://127.0.0.1${pathname}${search}`, request))
    }
    const names = Object.keys(emulator.env(""))
    const unset = Object.fromEntries(names.filter((name) => name.endsWith("URL")).map((name) => [name, undefined]))
    const chosen = names.find((name) => name.endsWith("_API_KEY"))?.replace(/API_KEY$/, "REGION") ?? "REGION"
    for (const { purpose } of uses) {
      const { regions = [] } = adapter.capabilities[purpose] ?? {}
      for (const region of regions.length === 0 ? [undefined] : regions) {
        const { mint, requests } = trial(
          { adapter, emulator: () => ({ ...emulator, handle }), mintRoute: "", request: { purpose, subject } },
          { env: { ...unset, [chosen]: region } }
        )
        const { connections } = await Effect.runPromise(mint())
        // A whole URL is the vendor's own.
        const places = [...requests, ...connections].map(({ url }) => url).filter((url) => url !== "{token}")
        for (const url of places) assert.property(emulator.hosts, new URL(url).hostname, `${purpose} in ${region}`)
      }
    }
  })

  describe.each(uses)("$purpose", (use) => {
    const { product, purpose, talk } = use

    it("every connection is accepted, once or any number of times", async () => {
      await using world = await start(vendor)
      const credentials = await batch(() => world.minter.mint({ purpose, subject }))
      const always = adapter.capabilities[purpose]?.singleUse === "always"
      assert.strictEqual(credentials[0]?.uses, always ? "once" : "many")
      accepted(use, await talks(use, credentials))
      if (always) refused(await talks(use, credentials))
      else accepted(use, await talks(use, credentials))
    })

    it("a single-use credential is refused at its second use, and a multi-use one is not", async () => {
      await using world = await start(vendor)
      const mint = () => world.minter.mint({ purpose, subject, singleUse: true, onUnsupported: "relax" })
      for (const [index] of (await mint()).connections.entries()) {
        const credential = await mint()
        const connection = fill(credential.connections[index] ?? credential.connections[0], credential.token)
        accepted(use, [await talk(connection)])
        if (credential.uses === "once") refused(await talks(use, [credential]))
        else accepted(use, await talks(use, [credential]))
        assert.strictEqual(credential.relaxed.includes("singleUse"), credential.uses === "many")
      }
    })

    it("no other product accepts it", async () => {
      await using world = await start(vendor)
      const credential = await world.minter.mint({ purpose, subject })
      for (const another of uses.filter((one) => one.product !== product)) {
        const others = await batch(() => world.minter.mint({ purpose: another.purpose, subject }))
        refused(await talks(another, others, [credential]))
      }
    })

    it(`another region ${regional ? "refuses" : "accepts"} it`, async () => {
      await using world = await start(vendor)
      const credentials = await batch(() => world.minter.mint({ purpose, subject }))
      const others = await batch(() => world.abroad.mint({ purpose, subject }))
      const places = [credentials[0], others[0]].map(
        (one) => one && new URL(fill(one.connections[0], one.token).url).host
      )
      assert.notStrictEqual(places[0], places[1])
      accepted(use, await talks(use, others))
      if (regional) refused(await talks(use, others, credentials))
      else accepted(use, await talks(use, others, credentials))
    })

    it("it is accepted until it expires, and then by no connection", async () => {
      await using world = await start(vendor)
      const { max = 60, min = 60 } = adapter.capabilities[purpose]?.ttlSeconds ?? {}
      const seconds = Math.min(max, Math.max(min, 60))
      const mint = () => world.minter.mint({ purpose, subject, ttl: `${seconds} seconds` })
      const [early, late] = [await batch(mint), await batch(mint)]
      world.advance(seconds * 1000 - 1000)
      accepted(use, await talks(use, early))
      world.advance(1000)
      refused(await talks(use, late))
    })

    it("a connection is accepted until the day that it is marked with", async () => {
      await using world = await start(vendor)
      world.advance(Date.UTC(2027, 0, 14, 23, 59) - Date.UTC(2026, 10, 21, 12))
      const mint = () => world.minter.mint({ purpose, subject })
      accepted(use, await talks(use, await batch(mint)))
      world.advance(60_000)
      const credentials = await batch(mint)
      const outcomes = await talks(use, credentials)
      for (const [index, { deprecatedFrom }] of (credentials[0]?.connections ?? []).entries()) {
        const outcome = outcomes.slice(index, index + 1)
        if (deprecatedFrom === undefined) accepted(use, outcome)
        else refused(outcome)
      }
    })
  })

  describe.each(uses.filter(({ purpose }) => !purpose.endsWith(".batch")))("a session of $purpose", (use) => {
    const { purpose, talk } = use

    it("outlives the credential that opened it", async () => {
      await using world = await start(vendor)
      const seconds = adapter.capabilities[purpose]?.ttlSeconds.min ?? 0
      const credential = await world.minter.mint({ purpose, ttl: `${seconds} seconds` })
      // Some vendors end silent sessions.
      const left = Math.min(5, seconds)
      world.advance((seconds - left) * 1000)
      const expire = () => world.advance(left * 1000)
      accepted(use, [await talk(fill(credential.connections[0], credential.token), expire)])
      refused(await talks(use, [credential]))
    })

    it("is ended at its limit, if the vendor has one", async () => {
      await using world = await start(vendor)
      const seconds = Math.max(5, adapter.capabilities[purpose]?.maxSessionSeconds?.min ?? 0)
      const request = { purpose, maxSession: `${seconds} seconds`, onUnsupported: "relax" } as const
      const credentials = await batch(() => world.minter.mint(request))
      const cut = use.cut === undefined ? undefined : Duration.seconds(seconds)
      assert.deepStrictEqual(credentials[0]?.maxSession, cut)
      assert.strictEqual(credentials[0]?.relaxed.includes("maxSession"), use.cut === undefined)
      const outcomes = await talks(use, credentials, credentials, () => world.advance(seconds * 1000))
      for (const outcome of outcomes) {
        assert.deepStrictEqual(outcome, use.cut === undefined ? use.outcome : { refused: use.cut })
      }
    })
  })
})

describe("a credential for one user's jobs", () => {
  it("does not open those of another", async () => {
    const [vendor = assert.fail("no vendor has jobs")] = vendors.filter(
      ({ adapter }) => adapter.capabilities["stt.batch"]?.subject.effect === "enforced"
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
