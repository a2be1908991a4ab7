/**
 * Many accounts behind one provider, such as the customers of a platform that bring their own vendor keys.
 * The backend names the account of each mint; a client never does. An account's layer is looked up at the
 * account's first mint, and dropped when the account is idle. Accounts share only the connections to vendors.
 * Each account has its own cache, rate limit, circuit breaker, pool and names in a shared store.
 *
 * ```ts
 * import { Accounts } from "@tempcred/core/Accounts"
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Providers from "@tempcred/core/Providers"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const keyOf = async (account: string) => (account === "ana" ? process.env["SONIOX_API_KEY"] : undefined)
 * const accounts = Accounts.layer({
 *   vendors: [Soniox.adapter],
 *   resolve: (account) =>
 *     Effect.map(Effect.tryPromise(() => keyOf(account)), (key) => {
 *       if (key === undefined) return undefined // no such account
 *       const options = { apiKey: Redacted.make(key), baseUrl: process.env["SONIOX_API_BASE_URL"] }
 *       return Providers.layer([Soniox.layer(options)], { ttl: "60 seconds" })
 *     })
 * })
 * const minter = Minter.make(accounts)
 * const credential = await minter.mint({ purpose: "stt.realtime" }, { account: "ana" })
 * console.log(credential.provider) // => soniox
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
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import { AccountName } from "./AccountName.ts"
import type { Adapter, ProviderLayer } from "./Adapter.ts"
import { ConfigurationError, type Issue } from "./ConfigurationError.ts"
import { combine } from "./failover/CombinedCapabilities.ts"
import { isName, type Length } from "./MintRequest.ts"
import type { TempCredential } from "./TempCredential.ts"
import {
  AuthenticationError,
  InvalidRequestError,
  type Reason,
  TempCredentialError,
  UnavailableError
} from "./TempCredentialError.ts"
import { TempCredentialProvider } from "./TempCredentialProvider.ts"
import type { Transport } from "./Transport.ts"

/**
 * Options of `Accounts.layer`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<R = never> {
  /** The vendors that an account can use. The provider reports the capabilities of all of them. */
  readonly vendors: readonly [
    Pick<Adapter, "id" | "capabilities">,
    ...ReadonlyArray<Pick<Adapter, "id" | "capabilities">>
  ]
  /**
   * Looks up the layer of an account, such as one of `Providers.layer`; `undefined` if there is no such
   * account. An error of the lookup is never shown, because it could contain a key.
   */
  readonly resolve: (account: string) => Effect.Effect<ProviderLayer | undefined, unknown, R>
  /** The time limit of a lookup, and of building the layer. @default "5 seconds" */
  readonly timeout?: Length | undefined
  /** The maximum number of accounts in memory. Beyond it, the least recently used one is dropped. @default 1000 */
  readonly capacity?: number | undefined
  /** How long an account stays in memory after its last mint. @default "15 minutes" */
  readonly idle?: Length | undefined
}

/**
 * The accounts in memory, for operations beyond `mint`.
 *
 * @category services
 * @since 0.1.0
 */
export class Accounts extends Context.Service<
  Accounts,
  {
    /**
     * Drops an account with its cached credentials, for example after its key was replaced. Mints in
     * progress continue, and the next mint looks the account up again.
     */
    readonly forget: (account: string) => Effect.Effect<void>
    /** The number of accounts in memory. */
    readonly size: Effect.Effect<number>
  }
>()("@tempcred/core/Accounts") {
  /**
   * Provides one provider that mints with the layer of `MintOptions.account`. A mint fails with:
   *
   * - `InvalidRequestError` if it names no account, or an unknown one;
   * - `UnavailableError` if the lookup fails or takes too long;
   * - `AuthenticationError` if the account's layer cannot be built.
   *
   * These errors are not cached: the next mint looks the account up again. If the vendor refuses the
   * account's key, a later mint also looks the account up again, at most every 10 seconds.
   */
  static layer<R = never>(
    options: Options<R>
  ): Layer.Layer<TempCredentialProvider | Accounts, ConfigurationError, Transport | R> {
    return Layer.effectContext(make(options))
  }
}

type Provider = TempCredentialProvider["Service"]

const make = Effect.fnUntraced(function* <R>({ capacity = 1000, resolve, vendors, ...lengths }: Options<R>) {
  const { idle, timeout } = yield* check(capacity, lengths)
  const id = vendors.map((vendor) => vendor.id).join(",")
  const fail = (reason: Reason) => Effect.fail(new TempCredentialError({ provider: id, reason }))
  const refuse = (message: string) => fail(new InvalidRequestError({ issues: [{ field: "account", message }] }))
  const unavailable = (detail: string) => fail(new UnavailableError({ detail }))

  // An account's layer is built in the context of this layer, not in the context of the account's first mint.
  const context = yield* Effect.context<Transport | R>()
  const build = Effect.fnUntraced(function* (stack: ProviderLayer) {
    const scope = yield* Effect.scope
    // With a shared memo map, two accounts could share a layer.
    const built = yield* Layer.buildWithMemoMap(stack, Layer.makeMemoMapUnsafe(), scope)
    return Context.get(built, TempCredentialProvider)
  })
  const lookUp = (account: string): Effect.Effect<Provider, TempCredentialError, Scope.Scope> =>
    Effect.catchCause(
      Effect.suspend(() => resolve(account)),
      () => unavailable("the account cannot be looked up")
    ).pipe(
      Effect.flatMap((stack) => {
        if (stack === undefined) return refuse("names no known account")
        return Effect.catch(build(stack), ({ message }) =>
          fail(new AuthenticationError({ detail: `the account's configuration is invalid: ${message}` }))
        )
      }),
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () => unavailable(`the account was not looked up within ${Duration.format(timeout)}`)
      }),
      // Another fiber drops the account, because dropping it interrupts this fiber.
      Effect.onError(() => Effect.forkDetach(RcMap.invalidate(held, account), { startImmediately: true })),
      Effect.updateContext((current: Context.Context<Scope.Scope>) =>
        Context.add(Context.add(context, Scope.Scope, Context.get(current, Scope.Scope)), AccountName, account)
      )
    )
  /** The lookup time of each account in memory. The least recently used account comes first. */
  const recent = new Map<string, number>()
  const forgotten = (account: string) =>
    Effect.flatMap(RcMap.has(held, account), (isHeld) => Effect.sync(() => !isHeld && recent.delete(account)))
  const held: RcMap.RcMap<string, Provider, TempCredentialError> = yield* RcMap.make({
    lookup: (account: string) =>
      Effect.andThen(
        Effect.addFinalizer(() => forgotten(account)),
        lookUp(account)
      ),
    idleTimeToLive: idle
  })
  const forget = (account: string) => {
    recent.delete(account)
    return RcMap.invalidate(held, account)
  }
  const borrow = (account: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const lookedUpAt = recent.get(account) ?? now
      recent.delete(account)
      recent.set(account, lookedUpAt)
      const [oldest] = recent.keys()
      const room = recent.size > capacity && oldest !== undefined ? forget(oldest) : Effect.void
      return Effect.andThen(room, RcMap.get(held, account))
    })
  /** Drops an account after a refused key, but at most every 10 seconds. */
  const forgetRefused = (account: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      now - (recent.get(account) ?? now) < refusedFor ? Effect.void : forget(account)
    )
  /** Runs an effect with the provider of an account, and keeps the account in memory until it ends. */
  const use = <A>(account: string, f: (provider: Provider) => Effect.Effect<A, TempCredentialError>) =>
    Effect.suspend(() => Effect.scoped(Effect.flatMap(borrow(account), f)))

  const owners = new WeakMap<TempCredential, string>()
  return Context.make(TempCredentialProvider, {
    id,
    account: Effect.succeed(id),
    capabilities: combine(vendors.map((vendor) => vendor.capabilities)),
    mint: (request, { account, ...wishes } = {}) => {
      if (!isName(account)) return refuse("must name an account: non-empty text in well-formed Unicode")
      return use(account, (provider) => provider.mint(request, wishes)).pipe(
        Effect.tap((credential) => Effect.sync(() => owners.set(credential, account))),
        Effect.tapError((error) => (hasRefusedKey(error) ? forgetRefused(account) : Effect.void))
      )
    },
    invalidate: (credential) => {
      const account = owners.get(credential)
      return account === undefined
        ? Effect.void
        : Effect.ignore(use(account, (provider) => provider.invalidate?.(credential) ?? Effect.void))
    }
  } satisfies Provider).pipe(
    Context.add(Accounts, {
      forget: (account) => Effect.suspend(() => forget(account)),
      size: Effect.sync(() => recent.size)
    })
  )
})

/** The minimum time between two lookups of an account with a refused key, in milliseconds. */
const refusedFor = 10_000

const hasRefusedKey = (error: TempCredentialError): boolean =>
  (error.failures ?? [error]).some(({ reason }) => reason._tag === "AuthenticationError")

const check = (
  capacity: number,
  { idle = "15 minutes", timeout = "5 seconds" }: Pick<Options, "idle" | "timeout">
): Effect.Effect<{ readonly idle: Duration.Duration; readonly timeout: Duration.Duration }, ConfigurationError> => {
  const issues: Array<Issue> = []
  if (!Number.isSafeInteger(capacity) || capacity < 1) {
    issues.push({ name: "Accounts.capacity", message: "must be a whole number, 1 or more" })
  }
  const length = (name: string, given: Length) => {
    const read = Option.getOrElse(Duration.fromInput(given), () => Duration.zero)
    const isSound = typeof given !== "number" && Duration.isFinite(read) && Duration.toMillis(read) >= 1
    if (!isSound)
      issues.push({ name: `Accounts.${name}`, message: 'must be a duration with its unit, such as "20 seconds"' })
    return read
  }
  const settings = { idle: length("idle", idle), timeout: length("timeout", timeout) }
  return issues.length === 0 ? Effect.succeed(settings) : Effect.fail(new ConfigurationError({ issues }))
}
