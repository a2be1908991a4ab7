/**
 * Mints single-use credentials in advance, so that a request does not wait for the vendor. Each
 * credential goes to one caller. Credentials with too little remaining lifetime are discarded. If the
 * pool is empty, the caller mints directly.
 *
 * The size follows demand: it grows with each request that finds the pool empty, and shrinks with
 * each unused credential.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as WarmPool from "@tempcred/core/WarmPool"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Layer from "effect/Layer"
 *
 * const pooled = WarmPool.layer({ max: 5 }).pipe(Layer.provide(Soniox.layerConfig))
 * const minter = Minter.make(pooled)
 * const request = { purpose: "stt.realtime", singleUse: true } as const
 * const [one, other] = [await minter.mint(request), await minter.mint(request)]
 * console.log(one.uses, one === other) // => once false
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */

import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { inBackground } from "./Background.ts"
import { isForOneUse } from "./capabilities/Capability.ts"
import { ConfigurationError, type Issue } from "./ConfigurationError.ts"
import * as Deadline from "./Deadline.ts"
import { Events } from "./Events.ts"
import * as MinRemaining from "./MinRemaining.ts"
import type { Length, MintRequest } from "./MintRequest.ts"
import { prepare } from "./mint-request/Prepare.ts"
import { moment } from "./ClockReading.ts"
import { inheritEnd } from "./CredentialEnd.ts"
import { DecodedRequest } from "./mint-request/DecodedRequest.ts"
import { TempCredential } from "./TempCredential.ts"
import { TempCredentialProvider } from "./TempCredentialProvider.ts"
import * as WarmStock from "./warm-pool/Stock.ts"

/**
 * Options of a pool.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The minimum number of credentials for each scope in use. @default 1 */
  readonly min?: number | undefined
  /** The maximum number of credentials for each scope. @default 10 */
  readonly max?: number | undefined
  /**
   * The minimum remaining lifetime of a credential that the pool serves.
   *
   * @default half of its lifetime when it arrived
   */
  readonly minRemaining?: Length | undefined
  /** How long a scope stays in the pool after its last request. @default "1 minute" */
  readonly idle?: Length | undefined
  /**
   * The maximum number of scopes. Requests for further scopes mint directly until an idle scope is
   * dropped.
   *
   * @default 100
   */
  readonly scopes?: number | undefined
  /**
   * Whether users share a pool at vendors that only record the subject. Such credentials are minted
   * without a subject, and `relaxed` lists `subject`. At vendors that ignore the subject, users always
   * share a pool.
   *
   * @default false
   */
  readonly waiveSubject?: boolean | undefined
}

/**
 * Adds a pool to a provider. It serves single-use requests if the vendor enforces single use and
 * minting has no side effects. Other requests bypass the pool.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options = {}
): Layer.Layer<TempCredentialProvider, ConfigurationError, TempCredentialProvider> =>
  Layer.effect(TempCredentialProvider, make(options))

const make = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<TempCredentialProvider["Service"], ConfigurationError, TempCredentialProvider | Scope.Scope> {
  const settings = yield* check(options)
  const provider = yield* TempCredentialProvider
  const stocks = new Map<string, WarmStock.WarmStock>()
  const keepers = yield* FiberMap.make<string>()
  const level = WarmStock.makeLevel(provider.id)
  const publish = yield* Events

  const poolable = (request: MintRequest): request is DecodedRequest => {
    if (!(request instanceof DecodedRequest)) return false
    const capability = provider.capabilities[request.purpose]
    if (capability === undefined || capability.mintingHasSideEffects) return false
    if (Result.isFailure(request.resolve(provider.capabilities))) return false
    return capability.singleUse !== false && isForOneUse(capability, request)
  }
  /** Returns the request to mint a stock with. Drops the subject if the vendor ignores it, or if it is waived. */
  const stocked = (request: DecodedRequest): DecodedRequest => {
    const effect = provider.capabilities[request.purpose]?.subject.effect
    const isShared = effect === "ignored" || (effect === "recorded" && settings.waiveSubject)
    return isShared ? request.withSubject(undefined) : request
  }
  /**
   * Finds or opens the stock of a scope in one synchronous step, so that no scope gets two stocks.
   * Returns `undefined` beyond the maximum number of scopes.
   */
  const stockOf = (key: string, request: MintRequest) =>
    Effect.clockWith((clock) =>
      Effect.suspend(() => {
        const known = stocks.get(key)
        if (known !== undefined || stocks.size >= settings.scopes) return Effect.succeed(known)
        const kept = { ...settings, level, publish, provider, request }
        const stock = WarmStock.make(kept, moment(clock).monotonic)
        stocks.set(key, stock)
        const forget = Effect.andThen(
          Effect.sync(() => stocks.get(key) === stock && stocks.delete(key)),
          stock.drop
        )
        // Refills ignore the deadline of the request that opened the stock, and do not keep the process
        // running.
        const refilling = Deadline.until(() => Number.POSITIVE_INFINITY)(Effect.ensuring(stock.fill, forget))
        return Effect.as(FiberMap.run(keepers, key, inBackground(refilling)), stock)
      })
    )

  const mint: TempCredentialProvider["Service"]["mint"] = Effect.fnUntraced(function* (asked, wishes) {
    const request = prepare(asked)
    const least = (yield* MinRemaining.read(provider.id, wishes?.minRemaining)) ?? 0
    // Each account has its own pool. This pool would mix their credentials.
    if (wishes?.account !== undefined || !poolable(request)) return yield* provider.mint(request, wishes)
    const wanted = stocked(request)
    const stock = wanted.scopeKey === undefined ? undefined : yield* stockOf(wanted.scopeKey, wanted)
    const taken = yield* stock?.take(least) ?? Effect.undefined
    return taken === undefined ? yield* provider.mint(request, wishes) : named(taken, request.subject)
  })
  return TempCredentialProvider.of({ ...provider, mint })
})

/** Adds the caller's subject to a credential of a shared pool. The vendor does not know it, so `relaxed` lists it. */
const named = (credential: TempCredential, subject: string | undefined): TempCredential =>
  subject === undefined || credential.subject !== undefined
    ? credential
    : inheritEnd(
        new TempCredential(
          Object.assign({}, credential, { subject, relaxed: [...credential.relaxed, "subject" as const] })
        ),
        credential
      )

const toMillis = (length: Length): number =>
  Option.match(Duration.fromInput(length), { onNone: () => Number.NaN, onSome: Duration.toMillis })

const check = ({ idle = "1 minute", max = 10, min = 1, minRemaining, scopes = 100, waiveSubject = false }: Options) => {
  const issues: Array<Issue> = []
  const wrong = (name: keyof Options, message: string) => issues.push({ name: `WarmPool.${name}`, message })
  const settings = {
    min,
    max,
    scopes,
    waiveSubject,
    idle: toMillis(idle),
    minRemaining: minRemaining === undefined ? undefined : toMillis(minRemaining)
  }
  if (!Number.isSafeInteger(min) || min < 0) wrong("min", "must be a whole number, 0 or more")
  if (!Number.isSafeInteger(max) || max < 1 || max < min)
    wrong("max", "must be a whole number, 1 or more, and no less than min")
  if (!Number.isSafeInteger(scopes) || scopes < 1) wrong("scopes", "must be a whole number, 1 or more")
  if (!(settings.idle > 0 && Number.isFinite(settings.idle))) wrong("idle", "must be longer than zero and finite")
  if (settings.minRemaining !== undefined && !(settings.minRemaining >= 0 && Number.isFinite(settings.minRemaining))) {
    wrong("minRemaining", "must be a finite duration")
  }
  return issues.length === 0 ? Effect.succeed(settings) : Effect.fail(new ConfigurationError({ issues }))
}
