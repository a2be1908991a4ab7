/** A scripted vendor behind a cache, in virtual time. */
import { CredentialCache, type GetOptions, type Options } from "@tempcred/core/CredentialCache"
import * as Events from "@tempcred/core/Events"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { TempCredential } from "@tempcred/core/TempCredential"
import * as Errors from "@tempcred/core/TempCredentialError"
import { type MintOptions, TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { capabilities } from "./acme.ts"

/** The outcome of the vendor's next mint. */
export type Answer =
  | { readonly life: number; readonly takes?: number }
  | { readonly fails: Errors.Reason; readonly takes?: number }
  | "hang"

export const unavailable = new Errors.UnavailableError({ status: 503 })
export const refused = new Errors.AuthenticationError({ status: 401 })

export const request = { purpose: "stt.realtime", subject: "user-1" } as const satisfies MintRequest

const error = (reason: Errors.Reason) => new Errors.TempCredentialError({ provider: "acme", reason })

/** A vendor. Lifetimes and delays are in seconds. Its `answer` applies until it is replaced. */
export const vendor = (first: Answer = { life: 60 }) => {
  const state = { answer: first, requests: [] as Array<MintRequest>, interrupted: 0 }
  const mint = Effect.fnUntraced(function* (asked: MintRequest) {
    const { answer } = state
    state.requests.push(asked)
    const number = state.requests.length
    if (answer === "hang") {
      return yield* Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(() => void (state.interrupted += 1))))
    }
    const sent = yield* Clock.currentTimeMillis
    yield* Effect.sleep(Duration.seconds(answer.takes ?? 0)).pipe(
      Effect.onInterrupt(() => Effect.sync(() => void (state.interrupted += 1)))
    )
    if ("fails" in answer) return yield* error(answer.fails)
    return TempCredential.make({
      provider: "acme",
      purpose: asked.purpose,
      token: `token-${number}`,
      issuedAt: DateTime.makeUnsafe(sent),
      expiresAt: DateTime.makeUnsafe(sent + answer.life * 1000),
      expirySource: "vendor",
      uses: asked.singleUse === true ? "once" : "many",
      ...(asked.subject === undefined ? {} : { subject: asked.subject })
    })
  })
  const layer = Layer.succeed(TempCredentialProvider, {
    id: "acme",
    account: Effect.succeed("account"),
    capabilities: {
      ...capabilities,
      agent: { ...capabilities["stt.realtime"], mintingHasSideEffects: true },
      "tts.realtime": { ...capabilities["stt.realtime"], singleUse: true }
    },
    mint
  })
  return { state, layer, mints: () => state.requests.length }
}

/** Builds a cache in front of a vendor, in the current scope. */
export const build = Effect.fnUntraced(function* (
  below: { readonly layer: Layer.Layer<TempCredentialProvider> },
  options?: Options
) {
  const events: Array<Events.Event> = []
  const context = yield* Layer.build(
    CredentialCache.layer(options).pipe(
      Layer.provide(below.layer),
      Layer.provide(Events.layer((event) => Effect.sync(() => event._tag.startsWith("Mint") || events.push(event))))
    )
  )
  const provider = Context.get(context, TempCredentialProvider)
  const cache = Context.get(context, CredentialCache)
  return {
    events,
    provider,
    invalidate: cache.invalidate,
    size: cache.size,
    credential: (asked: MintRequest = request, wishes?: GetOptions) => cache.get(asked, wishes),
    /** Mints, and returns the token or the reason of the error. */
    get: (asked: MintRequest = request, wishes?: GetOptions) => said(cache.get(asked, wishes)),
    mint: (asked: MintRequest = request, options?: MintOptions) => said(provider.mint(asked, options))
  }
})

const said = (got: Effect.Effect<TempCredential, Errors.TempCredentialError>): Effect.Effect<string> =>
  Effect.match(got, {
    onSuccess: ({ token }) => Redacted.value(token),
    onFailure: ({ reason }) => reason._tag
  })

/** Advances the clock by this many seconds. */
export const seconds = (count: number): Effect.Effect<void> => TestClock.adjust(Duration.seconds(count))

/** Lets background fibers run. */
export const settle: Effect.Effect<void> = TestClock.adjust(0)
