/** A vendor that accepts some keys and refuses the others with the key in its message, and an adapter for it. */
import * as Events from "@tempcred/core/Events"
import type { KeySource } from "@tempcred/core/KeySource"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { type Answer, Transport } from "@tempcred/core/Transport"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Provider from "../src/adapter/Provider.ts"
import * as Acme from "./acme.ts"

export const redacted = (key: string) => Redacted.make(key)

export const vendor = (...known: ReadonlyArray<string>) => {
  const state = {
    known: new Set(known),
    /** The received keys, in order. */
    sent: Array<string>(),
    /** Runs before the vendor checks the key. */
    before: () => {},
    /** The status of its responses to accepted keys. */
    status: 201
  }
  const send = Effect.fnUntraced(function* ({ key }: { readonly key: Redacted.Redacted }) {
    const now = yield* Clock.currentTimeMillis
    const text = Redacted.value(key)
    state.sent.push(text)
    state.before()
    const status = state.known.has(text) ? state.status : 401
    const body = status === 201 ? { token: Acme.token } : { message: `no such key: ${[text, ...state.sent].join(" ")}` }
    const answer: Answer = { status, headers: {}, text: JSON.stringify(body), sentAt: now, receivedAt: now }
    return answer
  })
  const transport = Layer.succeed(Transport, Transport.of({ send }))
  /** Runs a program on a provider with these keys, and appends its events to `events`. */
  const run = <A, E>(
    apiKey: Redacted.Redacted | KeySource,
    program: Effect.Effect<A, E, TempCredentialProvider>,
    events: Array<Events.Event> = []
  ) =>
    program.pipe(
      Effect.provide(
        Layer.effect(TempCredentialProvider, Provider.make(Acme.spec({ apiKey }))).pipe(
          Layer.provide(transport),
          Layer.provide(Events.layer((event) => Effect.sync(() => event._tag.startsWith("Mint") || events.push(event))))
        )
      )
    )
  return { state, run, transport }
}

export const mint = TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" }))

/** The outcome of a mint: minted, or the reason of the error. */
export const outcome = mint.pipe(Effect.match({ onSuccess: () => "minted", onFailure: (error) => error.reason._tag }))

export const tags = (events: ReadonlyArray<Events.Event>) => events.map((event) => event._tag)
