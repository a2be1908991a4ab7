/** Scripted providers, and a failover between them. */
import type { Capabilities } from "@tempcred/core/Capabilities"
import * as Events from "@tempcred/core/Events"
import * as Failover from "@tempcred/core/Failover"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { TempCredential } from "@tempcred/core/TempCredential"
import { type Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Acme from "./acme.ts"

/** The outcome of the next mint: a credential, a failure, or a mint that hangs. */
export type Step = "minted" | "hang" | Reason

const minted = (provider: string, { purpose }: MintRequest) =>
  TempCredential.make({
    provider,
    purpose,
    token: `token-of-${provider}`,
    issuedAt: DateTime.makeUnsafe(0)
  })

/** Mints by the script, whose last step repeats until `next` replaces the script. */
export const vendor = (id: string, ...script: readonly [Step, ...ReadonlyArray<Step>]) => {
  let steps: ReadonlyArray<Step> = script
  let met = 0
  const times: Array<number> = []
  const state = { interrupted: 0 }
  const mint = Effect.fnUntraced(function* (request: MintRequest) {
    times.push(yield* Clock.currentTimeMillis)
    const step = steps[Math.min(met, steps.length - 1)] ?? "minted"
    met += 1
    if (step === "minted") return minted(id, request)
    if (step === "hang") {
      return yield* Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(() => void (state.interrupted += 1))))
    }
    return yield* new TempCredentialError({ provider: id, reason: step })
  })
  return {
    id,
    times,
    state,
    next: (...others: readonly [Step, ...ReadonlyArray<Step>]) => {
      steps = others
      met = 0
    },
    provider: (changes: Partial<TempCredentialProvider["Service"]> = {}): TempCredentialProvider["Service"] => ({
      id,
      account: Effect.succeed(`account of ${id}`),
      capabilities: Acme.capabilities satisfies Capabilities,
      mint,
      ...changes
    })
  }
}

type Vendor = ReturnType<typeof vendor>

export const layerOf = (one: Vendor, changes?: Partial<TempCredentialProvider["Service"]>) =>
  Layer.succeed(TempCredentialProvider, one.provider(changes))

/** Runs a program on a failover between the providers, and returns its result and the events. */
export const among = <A, E>(
  layers: readonly [Layer.Layer<TempCredentialProvider>, ...ReadonlyArray<Layer.Layer<TempCredentialProvider>>],
  program: Effect.Effect<A, E, TempCredentialProvider>,
  options?: Failover.Options
) => {
  const events: Array<Events.Event> = []
  const listening = Events.layer((event) => Effect.sync(() => event._tag.startsWith("Mint") || events.push(event)))
  return Effect.map(
    Effect.provide(program, Failover.layer(layers, options).pipe(Layer.provide(listening))),
    (value) => ({ value, events })
  )
}

export const minting = (request: Partial<MintRequest> = {}) =>
  TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime", ...request }))

/** Mints, and returns the name of the provider that served, or the error. */
export const served = (request?: Partial<MintRequest>) =>
  minting(request).pipe(
    Effect.map((credential) => credential.provider),
    Effect.catch((error) => Effect.succeed(error))
  )

/** Runs a program to its end while the clock advances. */
export const during = <A, E, R>(length: Parameters<typeof TestClock.adjust>[0], self: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(self, { startImmediately: true })
    yield* TestClock.adjust(length)
    return yield* Fiber.join(fiber)
  })
