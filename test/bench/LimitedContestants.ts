/** The contestants at a limited vendor: our library and its alternatives, each with virtual time. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import * as RateGate from "@tempcred/core/RateGate"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { createHttpHeaders, createPipelineRequest, defaultRetryPolicy } from "@azure/core-rest-pipeline"
import { AdaptiveRetryStrategy, retryMiddleware, StandardRetryStrategy } from "@smithy/core/retry"
import { mock } from "node:test"
import { setImmediate } from "node:timers/promises"
import * as LimitedVendor from "./LimitedVendor.ts"
import { adapter, chance, request } from "./Ours.ts"

/** The number of concurrent callers. */
export const callers = 200

/** The pause of a caller after a failure, in milliseconds. */
export const rest = 1000

/** A library at a limited vendor. */
export interface Contestant {
  readonly name: string
  /** Runs callers that ask again after each result. */
  readonly load: (vendor: LimitedVendor.LimitedVendor, seconds: number) => Promise<void>
  /** Makes calls at these times in milliseconds, and returns the times of served calls. */
  readonly steadily: (
    vendor: LimitedVendor.LimitedVendor,
    moments: ReadonlyArray<number>
  ) => Promise<ReadonlyArray<number>>
}

/** The time limit of calls that are pending at the end, in milliseconds. */
const patience = 15_000

const transport = (vendor: LimitedVendor.LimitedVendor): Layer.Layer<Transport> =>
  Layer.succeed(Transport, {
    send: Effect.fnUntraced(function* () {
      const sentAt = yield* Clock.currentTimeMillis
      yield* Effect.sleep(vendor.way())
      const verdict = vendor.call(yield* Clock.currentTimeMillis)
      yield* Effect.sleep(vendor.way())
      const receivedAt = yield* Clock.currentTimeMillis
      return verdict.status === 201
        ? { status: 201, headers: {}, text: JSON.stringify({ token: "token" }), sentAt, receivedAt }
        : { status: 429, headers: { "retry-after": verdict.retryAfter }, text: "{}", sentAt, receivedAt }
    })
  })

/** Runs our library with Effect's test clock. */
const own = (gate: Layer.Layer<never, ConfigurationError>): Contestant => {
  const run = (
    vendor: LimitedVendor.LimitedVendor,
    milliseconds: number,
    start: (mint: Effect.Effect<unknown, unknown>) => ReadonlyArray<Effect.Effect<void>>
  ) => {
    const program = Effect.gen(function* () {
      const { mint } = yield* TempCredentialProvider
      yield* Effect.forEach(start(Effect.suspend(() => mint(request()))), (one) => Effect.forkScoped(one), {
        discard: true
      })
      yield* TestClock.adjust(milliseconds)
    })
    const provider = Layer.provide(adapter({ lifeSeconds: 60 }), [transport(vendor), gate])
    return Effect.runPromise(
      Effect.scoped(program).pipe(Effect.provide(Layer.provideMerge(provider, [TestClock.layer(), chance])))
    )
  }
  return {
    name: "tempcred",
    load: (vendor, seconds) =>
      run(vendor, seconds * 1000, (mint) =>
        Array.from({ length: callers }, () => Effect.forever(Effect.catch(mint, () => Effect.sleep(rest))))
      ),
    steadily: async (vendor, moments) => {
      const served: Array<number> = []
      await run(vendor, (moments.at(-1) ?? 0) + patience, (mint) =>
        moments.map((at) => Effect.ignore(Effect.map(Effect.delay(mint, at), () => void served.push(at))))
      )
      return served
    }
  }
}

export const ours = own(Layer.empty)
/** Our library with the limit in the app's configuration. */
export const told = own(RateGate.layer({ perMinute: LimitedVendor.perSecond * 60 }))

const sleep = (milliseconds: number): Promise<void> => new Promise((done) => void setTimeout(done, milliseconds))

type Call = () => Promise<LimitedVendor.Verdict>

/** The step of the virtual clock, which is short compared to a call. */
const step = 10

/** Runs an alternative with virtual timers and a virtual `Date`; its function rejects when it gives up. */
const peer = (name: string, make: (call: Call) => () => Promise<unknown>): Contestant => {
  const run = async (
    vendor: LimitedVendor.LimitedVendor,
    milliseconds: number,
    start: (ask: () => Promise<unknown>) => void
  ) => {
    mock.timers.enable({ apis: ["Date", "setTimeout"], now: 0 })
    try {
      const ask = make(async () => {
        await sleep(vendor.way())
        const verdict = vendor.call(Date.now())
        await sleep(vendor.way())
        return verdict
      })
      start(ask)
      for (let now = 0; now < milliseconds; now += step) {
        await setImmediate()
        mock.timers.tick(step)
      }
    } finally {
      // Lets the callbacks of the last step run before the real clock returns.
      await setImmediate()
      mock.timers.reset()
    }
  }
  return {
    name,
    load: (vendor, seconds) =>
      run(vendor, seconds * 1000, (ask) => {
        const caller = async () => {
          while (Date.now() < seconds * 1000) await ask().catch(() => sleep(rest))
        }
        void Promise.all(Array.from({ length: callers }, caller))
      }),
    steadily: async (vendor, moments) => {
      const served: Array<number> = []
      await run(vendor, (moments.at(-1) ?? 0) + patience, (ask) => {
        const one = async (at: number) => {
          await sleep(at)
          await ask().then(
            () => served.push(at),
            () => undefined
          )
        }
        void Promise.all(moments.map(one))
      })
      return served
    }
  }
}

class ThrottlingError extends Error {
  readonly $metadata = { httpStatusCode: 429 }
  readonly $response: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> }

  constructor(retryAfter: string | undefined) {
    super("too many requests")
    this.$response = { statusCode: 429, headers: retryAfter === undefined ? {} : { "retry-after": retryAfter } }
  }
}

/** The default of AWS's clients. */
const tries = 3

const smithy = (name: string, strategy: () => StandardRetryStrategy | AdaptiveRetryStrategy): Contestant =>
  peer(name, (call) => {
    const retryStrategy = strategy()
    const next = async () => {
      const verdict = await call()
      if (verdict.status === 429) throw new ThrottlingError(verdict.retryAfter)
      return { response: undefined, output: { $metadata: {} } }
    }
    const options = { maxAttempts: async () => tries, retryStrategy: async () => retryStrategy }
    const handler = retryMiddleware(options)(next, {})
    return () => handler({ input: {}, request: {} })
  })

const azure = peer("Azure defaultRetryPolicy", (call) => {
  const policy = defaultRetryPolicy()
  const asking = createPipelineRequest({ url: "https://acme.example" })
  const next = async () => {
    const verdict = await call()
    const headers =
      verdict.status === 429 && verdict.retryAfter !== undefined ? { "retry-after": verdict.retryAfter } : {}
    return { request: asking, status: verdict.status, headers: createHttpHeaders(headers) }
  }
  return async () => {
    const { status } = await policy.sendRequest(asking, next)
    if (status === 429) throw new Error("too many requests")
  }
})

/** A typical loop: five tries, a wait that doubles from half a second, or the header's wait. */
const byHand = peer("a loop with exponential backoff", (call) => async () => {
  for (let attempt = 0; attempt < 5; attempt++) {
    const verdict = await call()
    if (verdict.status !== 429) return
    await sleep(verdict.retryAfter === undefined ? 500 * 2 ** attempt : Number(verdict.retryAfter) * 1000)
  }
  throw new Error("too many requests")
})

export const peers: ReadonlyArray<Contestant> = [
  smithy("AWS standard retries", () => new StandardRetryStrategy(tries)),
  smithy("AWS adaptive retries", () => new AdaptiveRetryStrategy(tries)),
  azure,
  byHand
]
