/**
 * A cache of credentials, examined under virtual time: a scenario says how long credentials live, what the vendor answers, what is done, and for
 * each step what must come of it and how often the vendor may have been called by then. Scenarios are JSON, and a dozen of them are in
 * `scenarios.json`; they hold whatever a cache leaves to chance.
 *
 * ```ts
 * import * as CredentialCache from "@tempcred/core/CredentialCache"
 * import * as Scenario from "@tempcred/testing/Scenario"
 * import * as Effect from "effect/Effect"
 *
 * const scenario = Scenario.decode({
 *   name: "one mint for three",
 *   vendor: [{ lifeSeconds: 30, takesSeconds: 1 }],
 *   steps: [
 *     { get: "waits", times: 3, calls: 1 },
 *     { advanceSeconds: 1, arrive: ["token-1", "token-1", "token-1"] }
 *   ]
 * })
 * await Effect.runPromise(Scenario.run(scenario, CredentialCache.layer()))
 * console.log(scenario.name) // => one mint for three
 * ```
 *
 * @since 0.1.0
 */
import { bearer } from "@tempcred/core/Connection"
import { TempCredential } from "@tempcred/core/TempCredential"
import * as Errors from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as TestClock from "effect/testing/TestClock"

const reasons = {
  InvalidRequestError: new Errors.InvalidRequestError({ status: 422, issues: [] }),
  UnsupportedError: new Errors.UnsupportedError({ feature: "region" }),
  AuthenticationError: new Errors.AuthenticationError({ status: 401 }),
  PermissionError: new Errors.PermissionError({ status: 403 }),
  QuotaError: new Errors.QuotaError({ status: 402 }),
  RateLimitError: new Errors.RateLimitError({ status: 429 }),
  UnavailableError: new Errors.UnavailableError({ status: 503 }),
  TransportError: new Errors.TransportError({ timedOut: false }),
  InvalidResponseError: new Errors.InvalidResponseError({ status: 200 })
} satisfies { readonly [Tag in Errors.Reason["_tag"]]?: Extract<Errors.Reason, { readonly _tag: Tag }> }

const seconds = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

const Answer = Schema.Union([
  Schema.Struct({ lifeSeconds: seconds, takesSeconds: Schema.optionalKey(seconds) }),
  Schema.Struct({
    fails: Schema.Literals(Struct.keys(reasons)),
    takesSeconds: Schema.optionalKey(seconds)
  })
])

const Step = Schema.Union([
  Schema.Struct({
    get: Schema.String,
    times: Schema.optionalKey(Schema.Int),
    subject: Schema.optionalKey(Schema.NonEmptyString),
    calls: Schema.Int
  }),
  Schema.Struct({
    advanceSeconds: seconds,
    arrive: Schema.optionalKey(Schema.Array(Schema.String)),
    calls: Schema.optionalKey(Schema.Int)
  }),
  Schema.Struct({ sleepSeconds: Schema.Finite }),
  Schema.Struct({ invalidate: Schema.String })
])

/**
 * The schema of a scenario. The vendor's answers come one for each call, and the last repeats; its n-th credential has the token `token-n`. A step
 * either gets, all of `times` at once, and says what comes: a token, a reason's name, or `waits`; or it lets time go by, and says what those
 * who waited got; or it lets the machine sleep, so that only the wall clock goes on; or it takes a credential back. `calls` counts from the beginning.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Scenario = Schema.Struct({
  name: Schema.NonEmptyString,
  vendor: Schema.NonEmptyArray(Answer),
  steps: Schema.NonEmptyArray(Step)
})

/**
 * What is done to a cache, and what must come of it.
 *
 * @category models
 * @since 0.1.0
 */
export type Scenario = typeof Scenario.Type

/**
 * Reads a scenario from JSON, or throws what is wrong with it.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode: (input: unknown) => Scenario = Schema.decodeUnknownSync(Scenario, { onExcessProperty: "error" })

/**
 * A cache did something else than the scenario says; `step` counts from 1.
 *
 * @category errors
 * @since 0.1.0
 */
export class MismatchError extends Schema.TaggedError<MismatchError>()("MismatchError", {
  scenario: Schema.String,
  step: Schema.Int,
  what: Schema.String,
  expected: Schema.String,
  actual: Schema.String
}) {
  override get message(): string {
    return `${this.scenario}, step ${this.step}: ${this.what} must be ${this.expected}, not ${this.actual}`
  }
}

/**
 * Puts a cache before the scenario's vendor and plays it; fails at the first step that comes out otherwise. Any layer from provider to provider can be
 * examined; a credential is taken back by the provider's `invalidate`.
 *
 * @category testing
 * @since 0.1.0
 */
export const run = <A, E>(
  scenario: Scenario,
  cache: Layer.Layer<TempCredentialProvider | A, E, TempCredentialProvider>
): Effect.Effect<void, MismatchError | E> =>
  Effect.gen(function* () {
    const time = yield* sleepingMachine
    yield* Effect.provideService(play(scenario, cache, time), Clock.Clock, time.clock)
  }).pipe(Effect.scoped, Effect.provide(TestClock.layer()))

/** Time as a test moves it; while the machine sleeps, only the wall clock goes on. */
const sleepingMachine = TestClock.testClockWith((time) => {
  let slept = 0
  const currentTimeMillisUnsafe = () => time.currentTimeMillisUnsafe() + slept
  const currentTimeNanosUnsafe = () => time.currentTimeNanosUnsafe() + BigInt(slept) * 1_000_000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe,
    currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
    currentTimeNanosUnsafe,
    currentTimeNanos: Effect.sync(currentTimeNanosUnsafe),
    monotonicTimeNanosUnsafe: () => time.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: time.monotonicTimeNanos,
    sleep: (duration) => time.sleep(duration)
  }
  return Effect.succeed({
    clock,
    advance: (by: number) => time.adjust(Duration.seconds(by)),
    sleep: (by: number) => Effect.sync(() => void (slept += Math.round(by * 1000)))
  })
})

type Time = Effect.Success<typeof sleepingMachine>

const play = Effect.fnUntraced(function* <A, E>(
  scenario: Scenario,
  cache: Layer.Layer<TempCredentialProvider | A, E, TempCredentialProvider>,
  time: Time
) {
  const vendor = makeVendor(scenario)
  const context = yield* Layer.build(Layer.provide(cache, vendor.layer))
  const act = makeActor(Context.get(context, TempCredentialProvider), time)
  for (const [index, step] of scenario.steps.entries()) {
    const claims = [...(yield* act(step))]
    if ("calls" in step) claims.push(claim("the number of vendor calls", step.calls ?? vendor.calls(), vendor.calls()))
    const wrong = claims.find(({ actual, expected }) => actual !== expected)
    if (wrong !== undefined) return yield* new MismatchError({ scenario: scenario.name, step: index + 1, ...wrong })
  }
})

const claim = (what: string, expected: unknown, actual: unknown) => ({
  what,
  expected: JSON.stringify(expected),
  actual: JSON.stringify(actual)
})

type Claims = ReadonlyArray<ReturnType<typeof claim>>

/** Takes steps, and returns what each of them claims beside what came of it. */
const makeActor = (provider: TempCredentialProvider["Service"], time: Time) => {
  const given = new Map<string, TempCredential>()
  let waiting: ReadonlyArray<Fiber.Fiber<string>> = []

  const get = (subject = "user-1") =>
    provider.mint({ purpose: "stt.realtime", subject }).pipe(
      Effect.tap((credential) => Effect.sync(() => given.set(Redacted.value(credential.token), credential))),
      Effect.match({
        onSuccess: ({ token }) => Redacted.value(token),
        onFailure: ({ reason }): string => reason._tag
      })
    )

  return Effect.fnUntraced(function* (step: typeof Step.Type): Effect.fn.Return<Claims> {
    if ("get" in step) {
      const fibers = yield* Effect.replicateEffect(Effect.forkChild(get(step.subject)), step.times ?? 1)
      yield* time.advance(0)
      waiting = [...waiting, ...fibers.filter(isWaiting)]
      return fibers.map((fiber) => claim("the outcome", step.get, outcome(fiber)))
    }
    if ("advanceSeconds" in step) {
      yield* time.advance(step.advanceSeconds)
      const outcomes = waiting.map(outcome)
      waiting = waiting.filter(isWaiting)
      return [claim("what arrived", step.arrive ?? outcomes, outcomes)]
    }
    if ("sleepSeconds" in step) {
      yield* time.sleep(step.sleepSeconds)
      return []
    }
    const credential = given.get(step.invalidate)
    if (credential === undefined) return [claim("a token that was given", step.invalidate, "")]
    yield* provider.invalidate?.(credential) ?? Effect.void
    return []
  })
}

const isWaiting = (fiber: Fiber.Fiber<string>): boolean => fiber.pollUnsafe() === undefined

const outcome = (fiber: Fiber.Fiber<string>): string => {
  const exit = fiber.pollUnsafe()
  if (exit === undefined) return "waits"
  return Exit.isSuccess(exit) ? exit.value : "dies"
}

const makeVendor = (scenario: Scenario) => {
  let calls = 0
  const mint = Effect.fnUntraced(function* (request: { readonly subject?: string | undefined }) {
    const answer = scenario.vendor[Math.min(calls, scenario.vendor.length - 1)] ?? scenario.vendor[0]
    calls += 1
    const token = Redacted.make(`token-${calls}`)
    const issuedAt = yield* DateTime.now
    yield* Effect.sleep(Duration.seconds(answer.takesSeconds ?? 0))
    if ("fails" in answer) {
      return yield* new Errors.TempCredentialError({ provider: "scenario", reason: reasons[answer.fails] })
    }
    return new TempCredential({
      provider: "scenario",
      purpose: "stt.realtime",
      token,
      issuedAt,
      expiresAt: DateTime.addDuration(issuedAt, Duration.seconds(answer.lifeSeconds)),
      expirySource: "vendor",
      uses: "many",
      ...(request.subject === undefined ? {} : { subject: request.subject }),
      relaxed: [],
      connections: [{ kind: "websocket", url: "wss://vendor.example/listen", where: "server", placement: bearer }]
    })
  })
  const layer = Layer.succeed(TempCredentialProvider, {
    id: "scenario",
    account: Effect.succeed("scenario"),
    capabilities: {
      "stt.realtime": {
        ttlSeconds: { min: 1, max: 86_400, default: 60 },
        singleUse: false,
        subject: { effect: "recorded" },
        regions: [],
        mintingHasSideEffects: false,
        needed: "connect"
      }
    },
    mint
  })
  return { layer, calls: () => calls }
}
