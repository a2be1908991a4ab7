/** Telemetry of the mints at one vendor: a span, metrics by outcome, and an audit event for each credential. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import { Events } from "./Events.ts"
import { nobody } from "./events/Nobody.ts"
import { fingerprint } from "./Fingerprint.ts"
import type { TempCredential } from "./TempCredential.ts"
import type { TempCredentialError } from "./TempCredentialError.ts"
import { annotate, isTraced } from "./Tracing.ts"

const mints = Metric.counter("tempcred_mints_total", {
  description: "Mints by provider and outcome",
  incremental: true
})

const durations = Metric.histogram("tempcred_mint_milliseconds", {
  description: "Duration of mints, with retries and waits",
  boundaries: Metric.exponentialBoundaries({ start: 5, factor: 2, count: 12 })
})

/** A function that adds telemetry to a mint. */
export type Watch = (
  mint: Effect.Effect<TempCredential, TempCredentialError>
) => Effect.Effect<TempCredential, TempCredentialError>

/** Makes the telemetry of one provider, with the current receiver of events. */
export const make: (provider: string) => Effect.Effect<Watch> = Effect.fnUntraced(function* (provider) {
  const publish = yield* Events
  const took = Metric.withAttributes(durations, { provider })
  const counters = new Map<string, Metric.Counter<number>>()
  const counter = (outcome: string) => {
    const counted = counters.get(outcome) ?? Metric.withAttributes(mints, { provider, outcome })
    counters.set(outcome, counted)
    return counted
  }
  // Capturing a stack trace for each mint costs more than the span.
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

  // Computing fingerprints takes time, so it is skipped without a receiver.
  const report = (exit: Exit.Exit<TempCredential, TempCredentialError>, outcome: string): Effect.Effect<void> => {
    if (publish === nobody) return Effect.void
    return Exit.isSuccess(exit) ? minted(exit.value) : publish({ _tag: "MintFailed", provider, reason: outcome })
  }

  const counted: Watch = (mint) =>
    Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      const since = clock.currentTimeMillisUnsafe()
      return Effect.onExit(mint, (exit) => {
        const outcome = outcomeOf(exit)
        counter(outcome).updateUnsafe(1, fiber.context)
        took.updateUnsafe(clock.currentTimeMillisUnsafe() - since, fiber.context)
        return report(exit, outcome)
      })
    })
  const traced: Watch = (mint) =>
    spanned(Effect.onExit(counted(mint), (exit) => annotate("tempcred.outcome", outcomeOf(exit))))

  return (mint) => Effect.withFiber((fiber) => (isTraced(fiber) ? traced(mint) : counted(mint)))
})

/** Returns `"minted"`, the tag of the reason, `"defect"` or `"interrupted"`. */
const outcomeOf = (exit: Exit.Exit<TempCredential, TempCredentialError>): string => {
  if (Exit.isSuccess(exit)) return "minted"
  const [first] = exit.cause.reasons
  return first?._tag === "Fail" ? first.error.reason._tag : first?._tag === "Die" ? "defect" : "interrupted"
}
