/**
 * Caches credentials and refreshes them before they expire. Concurrent requests for the same scope
 * share one mint (single flight). While the vendor is down, valid credentials are still served. The
 * refresh windows are fractions of each credential's lifetime, so they suit lifetimes from seconds to
 * hours.
 *
 * ```ts
 * import { CredentialCache } from "@tempcred/core/CredentialCache"
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
 * import * as Layer from "effect/Layer"
 *
 * const cached = CredentialCache.layer().pipe(Layer.provide(Speechmatics.layerConfig))
 * const minter = Minter.make(cached)
 * const request = { purpose: "stt.realtime", subject: "user-1" } as const
 * console.log((await minter.mint(request)) === (await minter.mint(request))) // => true
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */

import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import { isForOneUse } from "./capabilities/Capability.ts"
import { type Demand, nothing } from "./credential-cache/Entry.ts"
import * as Entries from "./credential-cache/Entries.ts"
import * as CacheAccess from "./credential-cache/CacheAccess.ts"
import * as PendingMints from "./credential-cache/PendingMints.ts"
import * as CacheMetrics from "./credential-cache/Metrics.ts"
import { ConfigurationError, type Issue } from "./ConfigurationError.ts"
import { Events } from "./Events.ts"
import { moment } from "./ClockReading.ts"
import type { Length, MintRequest } from "./MintRequest.ts"
import { scopeKey } from "./mint-request/DecodedRequest.ts"
import type { TempCredential } from "./TempCredential.ts"
import type { TempCredentialError } from "./TempCredentialError.ts"
import * as MinRemaining from "./MinRemaining.ts"
import { type MintOptions, TempCredentialProvider } from "./TempCredentialProvider.ts"
import { holding } from "./temp-credential-provider/Holding.ts"

/**
 * Options of a cache.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * The maximum number of scopes. Beyond it, the least recently used scope is evicted, unless a
   * mint for it is in progress.
   *
   * @default 1000
   */
  readonly capacity?: number | undefined
  /** Whether users share client credentials that have no subject. @default false */
  readonly clientWithoutSubject?: boolean | undefined
  /**
   * The remaining fraction of the lifetime at which the background refresh starts. It varies at random
   * by a sixth.
   *
   * @default 0.3
   */
  readonly advisory?: number | undefined
  /**
   * The remaining fraction of the lifetime at which callers wait for a new credential. The wait starts
   * at least 10 seconds before the expiry, so that a client has time to connect. For lifetimes under 40
   * seconds this minimum is a quarter of the lifetime. Zero disables the wait.
   *
   * @default 0.1
   */
  readonly mandatory?: number | undefined
  /** The time limit of one mint, including retries and every layer below the cache. @default "30 seconds" */
  readonly timeout?: Length | undefined
}

/**
 * Options of `get`. There is no `account`, because each account has its own cache.
 *
 * @category models
 * @since 0.1.0
 */
export interface GetOptions extends Omit<MintOptions, "account"> {
  /** Forces a refresh. A refresh that is already in progress is shared. @default false */
  readonly refresh?: boolean | undefined
}

/**
 * The cache of a provider, for operations beyond `mint`.
 *
 * @category services
 * @since 0.1.0
 */
export class CredentialCache extends Context.Service<
  CredentialCache,
  {
    /** Gets a credential. Unlike `mint`, fails when a new credential would not satisfy `minRemaining`. */
    readonly get: (request: MintRequest, options?: GetOptions) => Effect.Effect<TempCredential, TempCredentialError>
    /**
     * Removes this credential from every scope, for example after the vendor refused it. Does not
     * remove other credentials.
     */
    readonly invalidate: (credential: TempCredential) => Effect.Effect<void>
    /** The number of scopes in the cache. */
    readonly size: Effect.Effect<number>
  }
>()("@tempcred/core/CredentialCache") {
  /**
   * Adds a cache to a provider. Not cached: single-use credentials, credentials whose minting has
   * side effects, and client credentials without a subject.
   */
  static layer(
    options: Options = {}
  ): Layer.Layer<TempCredentialProvider | CredentialCache, ConfigurationError, TempCredentialProvider> {
    return Layer.effectContext(make(options))
  }
}

const standard = { capacity: 1000, clientWithoutSubject: false, advisory: 0.3, mandatory: 0.1 }

const toMillis = (length: Length): number | undefined =>
  Option.getOrUndefined(Option.map(Duration.fromInput(length), Duration.toMillis))

const check = (options: Options) => {
  const timeout = toMillis(options.timeout ?? "30 seconds") ?? 0
  const settings = {
    capacity: options.capacity ?? standard.capacity,
    clientWithoutSubject: options.clientWithoutSubject ?? standard.clientWithoutSubject,
    advisory: options.advisory ?? standard.advisory,
    mandatory: options.mandatory ?? standard.mandatory,
    timeout: Duration.millis(timeout)
  }
  const issues: Array<Issue> = []
  const wrong = (name: keyof Options, message: string) => issues.push({ name: `CredentialCache.${name}`, message })
  const { advisory, capacity, mandatory } = settings
  if (!Number.isSafeInteger(capacity) || capacity < 1) wrong("capacity", "must be a whole number, 1 or more")
  if (!(advisory >= 0 && advisory <= 0.8)) wrong("advisory", "must be a fraction of the lifetime, 0 to 0.8")
  if (!(mandatory >= 0 && mandatory <= 1 / 3)) wrong("mandatory", "must be a fraction of the lifetime, 0 to a third")
  if (!(timeout > 0 && Number.isFinite(timeout))) wrong("timeout", "must be a duration, longer than zero and finite")
  return { settings, issues }
}

const make = Effect.fnUntraced(function* (options: Options) {
  const { settings, issues } = check(options)
  if (issues.length > 0) return yield* new ConfigurationError({ issues })
  const provider = yield* TempCredentialProvider
  const clock = yield* Clock.Clock
  const now = () => moment(clock)
  const isShared = sharing(provider, settings.clientWithoutSubject)
  const entries = Entries.make<PendingMints.PendingMint>(settings.capacity, (request) =>
    isShared(request) ? scopeKey(request) : undefined
  )
  const metrics = CacheMetrics.make(provider.id, now, yield* Effect.context())
  const ground = {
    timeout: settings.timeout,
    shares: settings,
    provider,
    entries,
    metrics,
    now,
    publish: yield* Events,
    scope: yield* Effect.scope,
    random: yield* Random.Random
  }
  const { cached, close, get, invalidateFingerprint, joined } = CacheAccess.make(
    ground,
    PendingMints.make(ground),
    clock
  )
  yield* Effect.addFinalizer(() => close)

  const invalidate = (credential: TempCredential) =>
    Effect.suspend(() => {
      for (const entry of entries.holdersOf(credential)) entries.hold(entry, undefined)
      return provider.invalidate?.(credential) ?? Effect.void
    })
  return Context.make(TempCredentialProvider, {
    ...provider,
    mint: (request, wishes) =>
      Effect.suspend(() => {
        // Each account has its own cache. This cache would mix their credentials.
        if (wishes?.account !== undefined) return provider.mint(request, wishes)
        if (wishes?.minRemaining !== undefined || wishes?.refused !== undefined) {
          return Effect.flatMap(read(provider.id, wishes, false), (demand) => get(request, demand))
        }
        const hit = cached(request)
        return hit === undefined ? get(request, nothing) : Effect.succeed(hit)
      }),
    invalidate,
    invalidateFingerprint,
    [holding]: {
      ...provider[holding],
      cached: (request) => cached(request) ?? (isShared(request) ? undefined : provider[holding]?.cached?.(request)),
      joined
    }
  }).pipe(
    Context.add(CredentialCache, {
      get: (request, wishes = {}) => Effect.flatMap(read(provider.id, wishes, true), (demand) => get(request, demand)),
      invalidate,
      size: Effect.sync(entries.size)
    })
  )
})

/** Reads the caller's options. */
const read = (
  provider: string,
  { minRemaining, refresh, refused }: GetOptions,
  isStrict: boolean
): Effect.Effect<Demand, TempCredentialError> =>
  Effect.map(MinRemaining.read(provider, minRemaining), (millis) => ({
    minRemaining: millis,
    refresh: refresh === true,
    refused,
    isStrict
  }))

/** Tells whether several callers may get the same credential for a request. */
const sharing =
  (provider: TempCredentialProvider["Service"], clientWithoutSubject: boolean) =>
  (request: MintRequest): boolean => {
    const capability = Predicate.isObject(request) ? provider.capabilities[request.purpose] : undefined
    if (capability === undefined || capability.mintingHasSideEffects) return false
    if (isForOneUse(capability, request)) return false
    return request.subject !== undefined || request.exposure === "server" || clientWithoutSubject
  }
