/**
 * One provider of several, in an order: the next is asked where one is down, out of reach, out of quota, limited, unreadable, or lacks what is asked.
 * A refused key stops it unless the app says otherwise; a malformed request always does, and so does a mint with side effects that failed and may
 * have had them. A provider that keeps failing is not asked for a while,
 * then by one mint at a time until that one succeeds. Each provider that is still to be asked has its share of the time.
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
import { resolve } from "./Capabilities.ts"
import { type Circuit, makeCircuits } from "./failover/Circuit.ts"
import { combine } from "./failover/CombinedCapabilities.ts"
import { ConfigurationError, type Issue } from "./ConfigurationError.ts"
import { monotonicMillis, remaining, within } from "./Deadline.ts"
import { Events } from "./Events.ts"
import { fingerprint } from "./Fingerprint.ts"
import * as MintRequest from "./MintRequest.ts"
import type { Purpose } from "./Purpose.ts"
import { mayHaveMinted, RetryPolicy } from "./RetryPolicy.ts"
import { type Reason, TempCredentialError, TransportError } from "./TempCredentialError.ts"
import { type MintOptions, TempCredentialProvider } from "./TempCredentialProvider.ts"

/**
 * When the next provider is asked, and when a failing one is left alone.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Goes on after these too, which tell of something that a person must mend at that vendor. @default [] */
  readonly goOnAfter?: ReadonlyArray<"AuthenticationError" | "PermissionError"> | undefined
  /** Bound on the whole of a mint; split between the providers that are still to be asked. @default that of the retry policy at hand */
  readonly deadline?: Duration.Duration | undefined
  /** How many mints in a row must fail for a provider to be left alone. @default 3 */
  readonly failures?: number | undefined
  /** How long it is left alone, give or take a fifth; each further failure doubles it, up to 16 times. @default 30 seconds */
  readonly openFor?: Duration.Duration | undefined
}

type Provider = TempCredentialProvider["Service"]

interface Member {
  readonly provider: Provider
  readonly circuit: Circuit
}

const failovers = Metric.counter("tempcred_failovers_total", {
  description: "Mints that went on from one provider to the next, by why",
  incremental: true
})

const standard = { goOnAfter: [], failures: 3, openFor: Duration.seconds(30) }

/**
 * Provides one provider of several layers, asked in this order. Each must be configured: a stand-in that silently is not there is missed on the day
 * that it is needed.
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
 * Makes one provider of several. Its `id` is theirs, joined as `TEMPCRED_PROVIDER` lists them, and its account stands for all of theirs; a credential
 * names the provider that minted it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  providers: readonly [Provider, ...ReadonlyArray<Provider>],
  options: Options = {}
): Effect.fn.Return<Provider, ConfigurationError, Scope.Scope> {
  const { failures = standard.failures, goOnAfter = standard.goOnAfter, openFor = standard.openFor } = options
  const deadline = options.deadline ?? (yield* RetryPolicy).deadline
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

/** Mints with the first provider that serves. */
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
    const plan = members.map((member) => ({ ...member, check: resolve(member.provider.capabilities, decoded) }))
    const end = (yield* monotonicMillis) + Math.min(deadline, yield* remaining)
    const failed: Array<TempCredentialError> = []
    for (const [index, { check, circuit, provider }] of plan.entries()) {
      const others = plan.slice(index + 1).filter((one) => Result.isSuccess(one.check))
      const share = (end - (yield* monotonicMillis)) / (1 + others.length)
      const outcome = Result.isFailure(check)
        ? Result.fail(new TempCredentialError({ provider: provider.id, reason: check.failure }))
        : yield* Effect.result(circuit(bounded(provider.mint(request, wishes), provider.id, share)))
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

/** Whether a mint that failed may have had effects beyond the credential, which another one would have again. */
const hasActed = (provider: Provider, purpose: Purpose, error: TempCredentialError): boolean =>
  provider.capabilities[purpose]?.mintingHasSideEffects === true &&
  (error.failures ?? [error]).some(({ reason }) => mayHaveMinted(reason))

/** Mints within a share of the time, which the provider is told, so that it begins no wait that would not fit. */
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

/** How long until a provider may serve; one that lacks what was asked never will. */
const wait = ({ reason }: Failure): number => {
  if (reason.isRetryable) return Duration.toMillis(reason.retryAfter ?? Duration.zero)
  return reason._tag === "UnsupportedError" ? Number.POSITIVE_INFINITY : Number.MAX_VALUE
}

/** One error for all that failed: what may serve soonest stands for it, or else the first that is more than a lack. */
const summary = (failed: ReadonlyArray<TempCredentialError>): TempCredentialError => {
  const failures = failed.flatMap(({ failures: inner, provider, reason }) => inner ?? [{ provider, reason }])
  const foremost = failures.reduce((best, one) => (wait(one) < wait(best) ? one : best))
  return new TempCredentialError(failures.length === 1 ? foremost : { ...foremost, failures })
}

/** What providers hold already: the first one's can be served at once, as it would be asked first. */
const held = (
  providers: ReadonlyArray<Provider>
): Pick<Provider, "cached" | "invalidate" | "invalidateFingerprint" | "isInvalidated"> => ({
  cached: (request) => providers[0]?.cached?.(request),
  invalidate: (credential) =>
    Effect.forEach(providers, (provider) => provider.invalidate?.(credential) ?? Effect.void, { discard: true }),
  invalidateFingerprint: (request, refused) =>
    Effect.forEach(providers, (provider) => provider.invalidateFingerprint?.(request, refused) ?? Effect.void, {
      discard: true
    }),
  isInvalidated: (credential) => providers.some((provider) => provider.isInvalidated?.(credential) === true)
})

const check = (
  failures: number,
  lengths: { readonly deadline: Duration.Duration; readonly openFor: Duration.Duration }
): ReadonlyArray<Issue> => [
  ...(Number.isSafeInteger(failures) && failures > 0
    ? []
    : [{ name: "Failover.failures", message: "must be a whole number, 1 or more" }]),
  ...Object.entries(lengths).flatMap(([name, length]) =>
    Duration.isZero(length) || Duration.isNegative(length) || !Duration.isFinite(length)
      ? [{ name: `Failover.${name}`, message: "must be longer than zero and finite" }]
      : []
  )
]
