/** Machines that share credentials, simulated in one process: each has its own provider and can have its own wall clock. */
import type { Capability } from "@tempcred/core/Capabilities"
import * as CredentialSharing from "@tempcred/core/CredentialSharing"
import * as Events from "@tempcred/core/Events"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { TempCredential } from "@tempcred/core/TempCredential"
import { PermissionError, TempCredentialError } from "@tempcred/core/TempCredentialError"
import { type MintOptions, TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Store from "./store.ts"

export const request = { purpose: "stt.realtime", subject: "somebody@example.org" } as const

export const key = Redacted.make(Buffer.alloc(32, 1).toString("base64"))
export const otherKey = Redacted.make(Buffer.alloc(32, 2).toString("base64"))

const capability: Capability = {
  ttlSeconds: { min: 1, max: 3600, default: 60 },
  singleUse: true,
  subject: { effect: "recorded" },
  regions: [],
  mintingHasSideEffects: false,
  needed: "connect"
}

/** A vendor whose credentials are valid for a minute. Each effect in `next` runs once, before a mint returns. */
export const vendor = () => {
  const state = {
    mints: 0,
    interrupted: 0,
    account: "account-1",
    /** The age of new credentials in milliseconds, as if the vendor had returned them late. */
    age: 0,
    next: Array<Effect.Effect<void, TempCredentialError>>()
  }
  const mint = Effect.fnUntraced(function* (asked: MintRequest) {
    state.mints += 1
    const number = state.mints
    const issuedAt = DateTime.subtract(yield* DateTime.now, { milliseconds: state.age })
    yield* Effect.onInterrupt(state.next.shift() ?? Effect.void, () => Effect.sync(() => void (state.interrupted += 1)))
    return TempCredential.make({
      provider: "acme",
      purpose: asked.purpose,
      token: `acme-short-lived-token-${number}`,
      issuedAt,
      expirySource: "vendor",
      uses: asked.singleUse === true ? "once" : "many",
      ...(asked.subject === undefined ? {} : { subject: asked.subject })
    })
  })
  const layer = Layer.sync(TempCredentialProvider, () =>
    TempCredentialProvider.of({
      id: "acme",
      account: Effect.succeed(state.account),
      capabilities: { "stt.realtime": capability, agent: { ...capability, mintingHasSideEffects: true } },
      mint
    })
  )
  return { state, layer }
}

export const refused = Effect.fail(new TempCredentialError({ provider: "acme", reason: new PermissionError({}) }))

/** A clock whose wall time is ahead of the test's. Its monotonic time is the same. */
const shifted = (clock: Clock.Clock, wall: { readonly ahead: number }): Clock.Clock => {
  const millis = () => clock.currentTimeMillisUnsafe() + wall.ahead
  const nanos = () => clock.currentTimeNanosUnsafe() + BigInt(wall.ahead) * 1_000_000n
  return {
    sleep: (duration) => clock.sleep(duration),
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos
  }
}

export interface Machine {
  readonly provider: TempCredentialProvider["Service"]
  readonly events: ReadonlyArray<Events.Event>
  /** The milliseconds that its wall clock is ahead of the test's. */
  readonly wall: { ahead: number }
  /** Mints on this machine, with its clock. */
  readonly mint: (asked?: MintRequest, options?: MintOptions) => Effect.Effect<TempCredential, TempCredentialError>
}

/** Starts a machine, which runs until the scope is closed. */
export const start = Effect.fnUntraced(function* (
  store: Store.Fake,
  upstream: ReturnType<typeof vendor>,
  options: Partial<CredentialSharing.Options> & { readonly ahead?: number } = {}
) {
  const { ahead = 0, ...changes } = options
  const wall = { ahead }
  const events: Array<Events.Event> = []
  const clock = shifted(yield* Clock.Clock, wall)
  const layer = CredentialSharing.layer({ store: store.store, keys: [key], ...changes }).pipe(
    Layer.provide([upstream.layer, Events.layer((event) => Effect.sync(() => events.push(event)))])
  )
  const scope = yield* Effect.scope
  const context = yield* Layer.buildWithScope(Layer.fresh(layer), scope).pipe(Effect.provideService(Clock.Clock, clock))
  const provider = Context.get(context, TempCredentialProvider)
  const mint = (asked: MintRequest = request, options?: MintOptions) =>
    provider.mint(asked, options).pipe(Effect.provideService(Clock.Clock, clock))
  const machine: Machine = { provider, events, wall, mint }
  return machine
})

/** Waits until a condition holds, for at most two real seconds. For work that the test clock does not drive, such as encryption. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.promise(async () => {
    const end = performance.now() + 2000
    while (!holds()) {
      if (performance.now() > end) throw new Error("it did not come to pass")
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

/** Starts an effect in the background. */
export const begin = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.forkChild(self, { startImmediately: true })

/** Joins a fiber without advancing the test clock; encryption may still take real time. */
export const joinNow = <A, E>(fiber: Fiber.Fiber<A, E>): Effect.Effect<A, E> =>
  Effect.andThen(
    until(() => fiber.pollUnsafe() !== undefined),
    Fiber.join(fiber)
  )
