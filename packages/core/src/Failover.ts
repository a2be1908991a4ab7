/**
 * Combines several providers into one that tries them in order. The next provider is tried after an
 * outage, a network error, an exceeded quota or rate limit, an unreadable response, or a missing
 * capability. A refused key stops failover by default. An invalid request always does, and so does
 * a failed mint that may have had side effects.
 *
 * A circuit breaker skips a provider that keeps failing; after a while, one mint at a time tests it
 * again. Each remaining provider gets an equal part of the remaining time.
 *
 * ```ts
 * import * as Failover from "@tempcred/core/Failover"
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
 *
 * const minter = Minter.make(Failover.layer([Soniox.layerConfig, Speechmatics.layerConfig]))
 * const credential = await minter.mint({ purpose: "stt.batch", subject: "user-42" })
 * console.log(credential.provider) // => speechmatics
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */

import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { type Circuit, makeCircuits } from "./failover/Circuit.ts"
import { combine } from "./failover/CombinedCapabilities.ts"
import { ConfigurationError, type Issue } from "./ConfigurationError.ts"
import { monotonicMillis, remaining, within } from "./Deadline.ts"
import { Events } from "./Events.ts"
import { fingerprint } from "./Fingerprint.ts"
import { notPositive, positive } from "./Length.ts"
import type { Length } from "./mint-request/Fields.ts"
import * as MintRequest from "./MintRequest.ts"
import type { Purpose } from "./Purpose.ts"
import { RetryPolicy } from "./RetryPolicy.ts"
import { mayHaveMinted } from "./retry-policy/Run.ts"
import { type Reason, TempCredentialError, TransportError } from "./TempCredentialError.ts"
import { type MintOptions, TempCredentialProvider } from "./TempCredentialProvider.ts"
import { holding } from "./temp-credential-provider/Holding.ts"

/**
 * Options of failover and of its circuit breaker.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * Further errors after which the next provider is tried. By default these errors stop failover,
   * because the account at the vendor must be fixed.
   *
   * @default []
   */
  readonly goOnAfter?: ReadonlyArray<"AuthenticationError" | "PermissionError"> | undefined
  /**
   * The time limit of a mint, divided between the remaining providers.
   *
   * @default the deadline of the provided `RetryPolicy`
   */
  readonly deadline?: Length | undefined
  /** The number of consecutive failures that opens the circuit. @default 3 */
  readonly failures?: number | undefined
  /**
   * How long the circuit stays open, plus or minus a fifth. Each further failure doubles the time, up
   * to 16 times `openFor`.
   *
   * @default 30 seconds
   */
  readonly openFor?: Length | undefined
}

type Provider = TempCredentialProvider["Service"]

interface Member {
  readonly provider: Provider
  readonly circuit: Circuit
}

const failovers = Metric.counter("tempcred_failovers_total", {
  description: "Failovers from one provider to the next, by reason",
  incremental: true
})

const standard = { goOnAfter: [], failures: 3, openFor: Duration.seconds(30) }

/**
 * Combines several layers into one provider that tries them in this order. Every layer must be
 * configured, so that a missing standby is noticed at start.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <E, R>(
  layers: readonly [
    Layer.Layer<TempCredentialProvider, E, R>,
    ...ReadonlyArray<Layer.Layer<TempCredentialProvider, E, R>>
  ],
  options: Options = {}
): Layer.Layer<TempCredentialProvider, E | ConfigurationError, R> =>
  Layer.effect(
    TempCredentialProvider,
    Effect.forEach(layers, (one) =>
      Effect.map(Layer.build(one), (context) => Context.get(context, TempCredentialProvider))
    ).pipe(Effect.flatMap((providers) => make(providers, options)))
  )

/**
 * Combines several providers into one. Its `id` lists their ids, separated by commas. A credential
 * names the provider that minted it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  providers: readonly [Provider, ...ReadonlyArray<Provider>],
  options: Options = {}
): Effect.fn.Return<Provider, ConfigurationError, Scope.Scope> {
  const { failures = standard.failures, goOnAfter = standard.goOnAfter } = options
  const openFor = positive(options.openFor ?? standard.openFor)
  const deadline = positive(options.deadline ?? (yield* RetryPolicy).deadline)
  const issues = check(failures, { deadline, openFor })
  if (issues.length > 0) return yield* new ConfigurationError({ issues })
  const goesOn = (reason: Reason) =>
    reason._tag === "AuthenticationError" || reason._tag === "PermissionError"
      ? goOnAfter.includes(reason._tag)
      : reason._tag !== "InvalidRequestError"
  const makeCircuit = yield* makeCircuits({
    failures,
    openFor,
    counts: (reason) => goesOn(reason) && reason._tag !== "UnsupportedError"
  })
  const members = yield* Effect.forEach(
    providers,
    Effect.fnUntraced(function* (provider) {
      return { provider, circuit: yield* makeCircuit(provider.id, yield* provider.account) }
    })
  )
  const accounts = yield* Effect.forEach(providers, (provider) => provider.account)
  const id = providers.map((provider) => provider.id).join(",")
  return TempCredentialProvider.of({
    id,
    account: fingerprint(Redacted.make(accounts.join(" "))),
    capabilities: combine(providers.map((provider) => provider.capabilities)),
    mint: yield* minting(id, members, Duration.toMillis(deadline), goesOn),
    ...held(providers)
  })
})

/** Mints with the first provider that succeeds. */
const minting = Effect.fnUntraced(function* (
  id: string,
  members: ReadonlyArray<Member>,
  deadline: number,
  goesOn: (reason: Reason) => boolean
) {
  const publish = yield* Events
  const report = Effect.fnUntraced(function* (provider: string, to: string, reason: Reason["_tag"]) {
    yield* Metric.update(Metric.withAttributes(failovers, { provider, outcome: reason }), 1)
    yield* publish({ _tag: "FailedOver", provider, to, reason })
  })

  return Effect.fnUntraced(function* (request: MintRequest.MintRequest, wishes?: MintOptions) {
    const decoded = yield* MintRequest.decode(request).pipe(
      Result.mapError((reason) => new TempCredentialError({ provider: id, reason })),
      Effect.fromResult
    )
    const plan = members.map((member) => ({ ...member, check: decoded.resolve(member.provider.capabilities) }))
    const end = (yield* monotonicMillis) + Math.min(deadline, yield* remaining)
    const failed: Array<TempCredentialError> = []
    for (const [index, { check, circuit, provider }] of plan.entries()) {
      const others = plan.slice(index + 1).filter((one) => Result.isSuccess(one.check))
      const share = (end - (yield* monotonicMillis)) / (1 + others.length)
      const outcome = Result.isFailure(check)
        ? Result.fail(new TempCredentialError({ provider: provider.id, reason: check.failure }))
        : yield* Effect.result(circuit(bounded(provider.mint(decoded, wishes), provider.id, share)))
      if (Result.isSuccess(outcome)) return outcome.success
      failed.push(outcome.failure)
      const { reason } = outcome.failure
      if (!goesOn(reason) || hasActed(provider, decoded.purpose, outcome.failure)) break
      const next = others[0]
      if (next !== undefined) yield* report(provider.id, next.provider.id, reason._tag)
    }
    return yield* summary(failed)
  })
})

/** Tells whether a failed mint may have had side effects, which another mint would repeat. */
const hasActed = (provider: Provider, purpose: Purpose, error: TempCredentialError): boolean =>
  provider.capabilities[purpose]?.mintingHasSideEffects === true &&
  (error.failures ?? [error]).some(({ reason }) => mayHaveMinted(reason))

/** Limits a mint to its part of the time, in milliseconds. The provider starts no wait beyond it. */
const bounded = (mint: ReturnType<Provider["mint"]>, provider: string, share: number): ReturnType<Provider["mint"]> =>
  mint.pipe(
    within(share),
    Effect.timeoutOrElse({
      duration: share,
      orElse: () => {
        const reason = new TransportError({ timedOut: true })
        return Effect.fail(new TempCredentialError({ provider, reason }))
      }
    })
  )

interface Failure {
  readonly provider: string
  readonly reason: Reason
}

/** Returns the milliseconds until a provider may succeed; infinite for a missing capability. */
const wait = ({ reason }: Failure): number => {
  if (reason.isRetryable) return Duration.toMillis(reason.retryAfter ?? Duration.zero)
  return reason._tag === "UnsupportedError" ? Number.POSITIVE_INFINITY : Number.MAX_VALUE
}

/** Combines failures into one error, with the reason of the provider that may succeed soonest. */
const summary = (failed: ReadonlyArray<TempCredentialError>): TempCredentialError => {
  const failures = failed.flatMap(({ failures: inner, provider, reason }) => inner ?? [{ provider, reason }])
  const foremost = failures.reduce((best, one) => (wait(one) < wait(best) ? one : best))
  return new TempCredentialError(failures.length === 1 ? foremost : { ...foremost, failures })
}

/**
 * Combines the invalidations and the cached credentials of the providers. Serves cached credentials
 * of the first provider only, because a mint tries it first.
 */
const held = (
  providers: ReadonlyArray<Provider>
): Pick<Provider, "invalidate" | "invalidateFingerprint" | typeof holding> => ({
  invalidate: (credential) =>
    Effect.forEach(providers, (provider) => provider.invalidate?.(credential) ?? Effect.void, { discard: true }),
  invalidateFingerprint: (request, refused) =>
    Effect.forEach(providers, (provider) => provider.invalidateFingerprint?.(request, refused) ?? Effect.void, {
      discard: true
    }),
  [holding]: {
    cached: (request) => providers[0]?.[holding]?.cached?.(request),
    isInvalidated: (credential) => providers.some((provider) => provider[holding]?.isInvalidated?.(credential) === true)
  }
})

const check = (
  failures: number,
  lengths: { readonly deadline: Duration.Duration; readonly openFor: Duration.Duration }
): ReadonlyArray<Issue> => [
  ...(Number.isSafeInteger(failures) && failures > 0
    ? []
    : [{ name: "Failover.failures", message: "must be a whole number, 1 or more" }]),
  ...Object.entries(lengths).flatMap(([name, length]) =>
    Duration.isZero(length) ? [{ name: `Failover.${name}`, message: notPositive }] : []
  )
]
