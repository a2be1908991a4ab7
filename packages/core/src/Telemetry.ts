/** What an operator sees of the mints at one vendor: a span, metrics by outcome, and an audit event for each credential that was given out. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Events from "./Events.ts"
import { fingerprint } from "./Fingerprint.ts"
import type { TempCredential } from "./TempCredential.ts"
import type { TempCredentialError } from "./TempCredentialError.ts"

const mints = Metric.counter("tempcred_mints_total", {
  description: "Mints by provider and outcome, each with all its tries",
  incremental: true
})

const durations = Metric.histogram("tempcred_mint_milliseconds", {
  description: "How long mints took, tries and waits together",
  boundaries: Metric.exponentialBoundaries({ start: 5, factor: 2, count: 12 })
})

/** Watches one mint. */
export type Watch = (
  mint: Effect.Effect<TempCredential, TempCredentialError>
) => Effect.Effect<TempCredential, TempCredentialError>

/** Makes what watches the mints of one provider; events go where they go when it is made. */
export const make: (provider: string) => Effect.Effect<Watch> = Effect.fnUntraced(function* (provider) {
  const publish = yield* Events.Events
  const took = Metric.withAttributes(durations, { provider })
  const counters = new Map<string, Metric.Counter<number>>()
  const counter = (outcome: string) => {
    const counted = counters.get(outcome) ?? Metric.withAttributes(mints, { provider, outcome })
    counters.set(outcome, counted)
    return counted
  }
  // Whose code asked is on the stack of who asked; taking it down for each mint costs more than the span.
  const spanned = Effect.withSpan(
    `${provider}.mint`,
    { kind: "client", attributes: { "tempcred.provider": provider } },
    { captureStackTrace: false }
  )

  const minted = Effect.fnUntraced(function* (credential: TempCredential) {
    const { expiresAt, purpose, subject } = credential
    yield* publish({
      _tag: "Minted",
      provider,
      purpose,
      subject: subject === undefined ? undefined : yield* fingerprint(Redacted.make(subject)),
      expiresAt,
      fingerprint: yield* fingerprint(credential.token)
    })
  })

  const watched = Effect.fnUntraced(function* (exit: Exit.Exit<TempCredential, TempCredentialError>, since: number) {
    const outcome = outcomeOf(exit)
    yield* Effect.annotateCurrentSpan("tempcred.outcome", outcome)
    yield* Metric.update(counter(outcome), 1)
    yield* Metric.update(took, (yield* Clock.currentTimeMillis) - since)
    // Naming secrets takes work, which is done only where somebody listens.
    if (publish === Events.nobody) return
    if (Exit.isSuccess(exit)) yield* minted(exit.value)
    else yield* publish({ _tag: "MintFailed", provider, reason: outcome })
  })

  return (mint) => {
    const timed = Effect.flatMap(Clock.currentTimeMillis, (since) =>
      Effect.onExit(mint, (exit) => watched(exit, since))
    )
    // Where no tracer listens and nobody is above, a span is for nobody.
    return Effect.withFiber(({ cache }) =>
      cache.tracer === undefined && cache.span === undefined ? timed : spanned(timed)
    )
  }
})

/** `"minted"`, the tag of the reason, or why there is none. */
const outcomeOf = (exit: Exit.Exit<TempCredential, TempCredentialError>): string => {
  if (Exit.isSuccess(exit)) return "minted"
  const [first] = exit.cause.reasons
  return first?._tag === "Fail" ? first.error.reason._tag : first?._tag === "Die" ? "defect" : "interrupted"
}
