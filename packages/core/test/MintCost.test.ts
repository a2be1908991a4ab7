/** The cost of a successful mint in counted effects, fibers and timers, which are the same on every machine. */
import * as Adapter from "@tempcred/core/Adapter"
import * as KeySource from "@tempcred/core/KeySource"
import * as Minter from "@tempcred/core/Minter"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { type Exchange, Transport } from "@tempcred/core/Transport"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { afterEach, vi } from "vitest"
import * as Acme from "./acme.ts"

/** The counted part of a fiber: after each run of its loop, it has the number of effects that it ran. */
interface Counted {
  currentOpCount: number
  readonly runLoop: (...given: ReadonlyArray<unknown>) => unknown
}

interface Cost {
  readonly effects: number
  readonly fibers: number
  readonly timers: number
}

/** Counts effects, fibers and timers until a promise is settled. */
const costOf = async (run: () => Promise<unknown>): Promise<Cost> => {
  const prototype: Counted = Object.getPrototypeOf(Effect.runFork(Effect.void))
  const { runLoop } = prototype
  const fibers = new Set<unknown>()
  let effects = 0
  const loop = vi.spyOn(prototype, "runLoop").mockImplementation(function (this: Counted, ...given) {
    fibers.add(this)
    try {
      return runLoop.apply(this, given)
    } finally {
      effects += this.currentOpCount
    }
  })
  const timer = vi.spyOn(globalThis, "setTimeout")
  await run()
  loop.mockRestore()
  return { effects, fibers: fibers.size, timers: timer.mock.calls.length }
}

afterEach(() => vi.restoreAllMocks())

const text = JSON.stringify({ token: Acme.token })

/** A platform that responds in another turn of the event loop, without a timer. */
const exchange: Exchange = (_, receiver) => {
  const answer = setImmediate(() => {
    receiver.begin(200, { "content-type": "application/json" })
    receiver.piece(new TextEncoder().encode(text))
    receiver.end()
  })
  return () => clearImmediate(answer)
}

const layerTransport = Layer.succeed(Transport, Transport.make(exchange))
/** A key as it comes from the configuration. */
const apiKey = KeySource.fixed(Redacted.make(Acme.key))
const { call, capabilities, credential, dialect, response } = Acme.spec()
const options = { apiKey: Adapter.key("ACME_API_KEY") }
const layer = Adapter.make({ id: "acme", options, capabilities, call, response, credential, dialect }).layer({ apiKey })

const request: MintRequest = { purpose: "stt.realtime", subject: "user-1", ttl: "60 seconds" }

describe("the cost of a successful mint", () => {
  it("is at most 40 effects, one fiber and one timer with the Effect API", async () => {
    const context = await Effect.runPromise(Effect.scoped(Layer.build(Layer.provide(layer, layerTransport))))
    const provider = Context.get(context, TempCredentialProvider)
    await Effect.runPromise(provider.mint(request))
    const cost = await costOf(() => Effect.runPromise(provider.mint(request)))
    assert.isAtMost(cost.effects, 40)
    assert.deepStrictEqual({ ...cost, effects: 0 }, { effects: 0, fibers: 1, timers: 1 })
  })

  it("is at most 40 effects, one fiber and one timer with the Promise API", async () => {
    const minter = Minter.make(layer, { transport: layerTransport })
    await minter.mint(request)
    const cost = await costOf(() => minter.mint(request))
    assert.isAtMost(cost.effects, 40)
    assert.deepStrictEqual({ ...cost, effects: 0 }, { effects: 0, fibers: 1, timers: 1 })
    await minter.close()
  })
})
