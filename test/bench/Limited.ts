/** Two hundred callers at a vendor that takes twenty calls a second: how much of that everybody gets, and how many calls are refused for it. */
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
import { type Figure, figure, type Options, type Row } from "./Row.ts"

const callers = 200

/** What a caller waits who was refused for good. */
const rest = 1000

export interface Limited {
  /** The share of the vendor's rate that was achieved, in percent, and the share of calls that it refused. */
  readonly rate: number
  readonly refused: number
}

const result = (vendor: LimitedVendor.LimitedVendor, seconds: number): Limited => ({
  rate: (100 * vendor.taken()) / (seconds * LimitedVendor.perSecond),
  refused: (100 * vendor.refused()) / (vendor.refused() + vendor.taken())
})

interface Contestant {
  readonly name: string
  readonly load: (vendor: LimitedVendor.LimitedVendor, seconds: number) => Promise<void>
}

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

/** Under Effect's own clock for tests. */
const own = (gate: Layer.Layer<never, ConfigurationError>): Contestant => ({
  name: "tempcred",
  load: (vendor, seconds) => {
    const program = Effect.gen(function* () {
      const { mint } = yield* TempCredentialProvider
      const caller = Effect.forever(Effect.catch(mint(request()), () => Effect.sleep(rest)))
      yield* Effect.forEach(Array.from({ length: callers }), () => Effect.forkScoped(caller), { discard: true })
      yield* TestClock.adjust(seconds * 1000)
    })
    const provider = Layer.provide(adapter({ lifeSeconds: 60 }), [transport(vendor), gate])
    return Effect.runPromise(
      Effect.scoped(program).pipe(Effect.provide(Layer.provideMerge(provider, [TestClock.layer(), chance])))
    )
  }
})

const ours = own(Layer.empty)
const told = own(RateGate.layer({ perMinute: LimitedVendor.perSecond * 60 }))

const sleep = (milliseconds: number): Promise<void> => new Promise((done) => void setTimeout(done, milliseconds))

type Call = () => Promise<LimitedVendor.Verdict>

/** Short beside the way of a call. */
const step = 10

/** Under timers and a `Date` that stand until they are moved; what is made of a call rejects where it gives up. */
const peer = (name: string, make: (call: Call) => () => Promise<unknown>): Contestant => ({
  name,
  load: async (vendor, seconds) => {
    mock.timers.enable({ apis: ["Date", "setTimeout"], now: 0 })
    try {
      const ask = make(async () => {
        await sleep(vendor.way())
        const verdict = vendor.call(Date.now())
        await sleep(vendor.way())
        return verdict
      })
      const caller = async () => {
        while (Date.now() < seconds * 1000) await ask().catch(() => sleep(rest))
      }
      void Promise.all(Array.from({ length: callers }, caller))
      for (let now = 0; now < seconds * 1000; now += step) {
        await setImmediate()
        mock.timers.tick(step)
      }
    } finally {
      // What the last step woke must not meet the real clock.
      await setImmediate()
      mock.timers.reset()
    }
  }
})

class ThrottlingError extends Error {
  readonly $metadata = { httpStatusCode: 429 }
  readonly $response: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> }

  constructor(retryAfter: string | undefined) {
    super("too many requests")
    this.$response = { statusCode: 429, headers: retryAfter === undefined ? {} : { "retry-after": retryAfter } }
  }
}

/** What AWS's clients are made with by default. */
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

/** As people write it: five tries, a wait that doubles from a second's half, and the header where there is one. */
const byHand = peer("a loop with exponential backoff", (call) => async () => {
  for (let attempt = 0; attempt < 5; attempt++) {
    const verdict = await call()
    if (verdict.status !== 429) return
    await sleep(verdict.retryAfter === undefined ? 500 * 2 ** attempt : Number(verdict.retryAfter) * 1000)
  }
  throw new Error("too many requests")
})

const peers: ReadonlyArray<Contestant> = [
  smithy("AWS standard retries", () => new StandardRetryStrategy(tries)),
  smithy("AWS adaptive retries", () => new AdaptiveRetryStrategy(tries)),
  azure,
  byHand
]

const limit = async ({ load }: Contestant, tells: boolean, seconds: number): Promise<ReadonlyArray<Limited>> => {
  const seen: Array<Limited> = []
  for (const kind of LimitedVendor.all) {
    const vendor = LimitedVendor.make(kind, tells)
    await load(vendor, seconds)
    seen.push(result(vendor, seconds))
  }
  return seen
}

/** Ours at a vendor of each kind, where the app told the limit or did not. */
export const ourLimits = (limitIsTold: boolean, seconds: number): Promise<ReadonlyArray<Limited>> =>
  limit(limitIsTold ? told : ours, false, seconds)

type Seen = ReadonlyArray<Limited>

const rowsOf = (
  question: string,
  note: string,
  mine: Seen,
  others: ReadonlyArray<readonly [name: string, seen: Seen]>
) => {
  const figures = (pick: (one: Limited) => number): Pick<Row, "ours" | "peers"> => {
    const over = (seen: Seen): Figure => figure({ name: "", rounds: seen.map(pick) })
    return { ours: over(mine), peers: Object.fromEntries(others.map(([name, seen]) => [name, over(seen)])) }
  }
  const rows: ReadonlyArray<Row> = [
    {
      ...figures(({ rate }) => rate),
      question: `${question}: share of its rate that is achieved`,
      unit: "%",
      better: "more",
      targets: [
        {
          promise: "at least 95 % with each of the three",
          reached: mine.every(({ rate }) => rate >= 95),
          obstacle:
            "a vendor that counts in windows gives back nothing of what a refusal made callers wait; whoever knows the limit tells the gate, as in the third pair of tables"
        }
      ],
      note
    },
    {
      ...figures(({ refused }) => refused),
      question: `${question}: share of calls that are refused`,
      unit: "%",
      targets: [{ promise: "at most 5 % with each of the three", reached: mine.every(({ refused }) => refused <= 5) }],
      note
    }
  ]
  return rows
}

const vendor = `${callers} callers at a vendor of ${LimitedVendor.perSecond} mints a second`

const noteOf = (seconds: number): string =>
  `virtual time, ${seconds} s from the first call on; the median of three vendors that count in a fixed window, a sliding window and a token bucket; who gives up asks again after ${rest / 1000} s`

const measure = async (tells: boolean, seconds: number): Promise<ReadonlyArray<Row>> => {
  const mine = await limit(ours, tells, seconds)
  const others: Array<readonly [name: string, seen: Seen]> = []
  for (const contestant of peers) others.push([contestant.name, await limit(contestant, tells, seconds)])
  return rowsOf(`${vendor}, whose 429 ${tells ? "has" : "lacks"} Retry-After`, noteOf(seconds), mine, others)
}

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const seconds = quick ? 15 : 300
  return [
    ...(await measure(false, seconds)),
    ...(await measure(true, seconds)),
    ...rowsOf(`${vendor}, which the app tells the gate`, noteOf(seconds), await ourLimits(true, seconds), [])
  ]
}
