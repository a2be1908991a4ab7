/**
 * One mint per scope for all machines: credentials that may be shared are kept in Redis, encrypted, and whoever needs one finds it there, waits for the one
 * machine that is minting it, or becomes that machine. It belongs below a cache. When Redis is down, slow or stopped, every machine mints for itself:
 * nothing fails and nothing hangs.
 *
 * ```ts
 * import * as CredentialSharing from "@tempcred/core/CredentialSharing"
 * import * as Events from "@tempcred/core/Events"
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as NodeRedis from "@effect/platform-node/NodeRedis"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Logger from "effect/Logger"
 * import * as Redacted from "effect/Redacted"
 *
 * // The socket's own limits let go of a Redis that stopped. Here nothing listens, of which the client would log much.
 * const url = "redis://127.0.0.1:1"
 * const redis = NodeRedis.layer({ url, pingInterval: 2000, socket: { socketTimeout: 5000 } })
 * const sharing = CredentialSharing.layer({
 *   redis: redis.pipe(Layer.provide(Logger.layer([]))),
 *   // `openssl rand -base64 32` makes a key.
 *   keys: [Redacted.make("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")]
 * })
 * const told = Events.layer((event) => Effect.sync(() => console.log(event._tag)))
 * const minter = Minter.make(sharing.pipe(Layer.provide([Soniox.layerConfig, told])))
 * const credential = await minter.mint({ purpose: "stt.realtime", exposure: "server" }) // => SharingDegraded
 * console.log(credential.provider) // => soniox
 * await minter.close()
 * ```
 *
 * What is shared, and until when:
 *
 * - Never a credential for one use, of a purpose whose minting has side effects, or one that leaves the backend without a subject.
 * - A stored credential is taken while half of its life is left, and as much as `minRemaining` asks for. So a cache that renews one later in its life mints,
 *   and the others take what it stored.
 * - Lengths of time cross, not moments: how long a stored credential lasts is measured by Redis alone, so the clocks of the machines may differ.
 *   A Redis whose clock was set back by more than a credential's age is not believed.
 * - Another key, another scope or a changed bit is a credential that is not there.
 * - The lease of a machine that died ends by itself, and one that comes late overwrites nothing that is newer.
 * - What was invalidated on one machine is known to all after `heardAfter`, while Redis is there.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import type * as Redacted from "effect/Redacted"
import { ConfigurationError, type Issue } from "./ConfigurationError.ts"
import * as Events from "./Events.ts"
import type { Length } from "./MintRequest.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import * as Sealed from "./credential-sharing/Sealed.ts"
import * as SharedMint from "./credential-sharing/SharedMint.ts"
import * as SharedStore from "./credential-sharing/SharedStore.ts"
import { TempCredentialProvider } from "./TempCredentialProvider.ts"
import * as Withdrawals from "./credential-sharing/Withdrawals.ts"

/**
 * How credentials are shared.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Reaches Redis 6.2 or later; it is built behind the app's back, and again after an outage, and may fail. */
  readonly redis: SharedStore.RedisLayer
  /** Each 32 bytes in base64: the first one encrypts, all decrypt, so that keys can change without a stop. */
  readonly keys: readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>]
  /** Bound on one exchange with Redis; one that takes longer is an outage. @default "250 millis" */
  readonly limit?: Length | undefined
  /** How long after its last sign of life a machine that mints is taken for dead. @default "2 seconds" */
  readonly lease?: Length | undefined
  /** Bound on waiting for another machine's mint, before minting alone, within the same deadline. @default half the deadline of the retry policy, and at most */
  readonly patience?: Length | undefined
  /** How long after a credential was invalidated on one machine the others know. @default "1 second" */
  readonly heardAfter?: Length | undefined
  /** Whether a credential that leaves the backend is shared though it is bound to no subject. @default false */
  readonly clientWithoutSubject?: boolean | undefined
}

/**
 * Shares the credentials of the provider below with all machines that use the same Redis, keys and long-lived keys; fails where an option makes no sense,
 * and never because of Redis.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options
): Layer.Layer<TempCredentialProvider, ConfigurationError, TempCredentialProvider> =>
  Layer.effect(TempCredentialProvider, make(options))

const make = Effect.fnUntraced(function* (options: Options) {
  const provider = yield* TempCredentialProvider
  const publish = yield* Events.Events
  const policy = yield* RetryPolicy.RetryPolicy
  const lengths = {
    limit: options.limit ?? "250 millis",
    lease: options.lease ?? "2 seconds",
    patience: options.patience ?? Duration.times(policy.deadline, 0.5),
    heardAfter: options.heardAfter ?? "1 second"
  }
  const sealer = yield* Sealed.make(options.keys)
  const settings = Record.map(lengths, (length) => Option.getOrElse(Duration.fromInput(length), () => Duration.zero))
  const issues = check(settings, Option.isSome(sealer))
  if (Option.isNone(sealer) || issues.length > 0) return yield* new ConfigurationError({ issues })
  const store = yield* SharedStore.make({
    ...settings,
    redis: options.redis,
    onDown: (reason) => publish({ _tag: "SharingDegraded", provider: provider.id, reason }),
    onUp: publish({ _tag: "SharingRestored", provider: provider.id })
  })
  const withdrawals = yield* Withdrawals.make(store, settings.heardAfter)
  const shared = SharedMint.make({
    ...settings,
    provider,
    store,
    withdrawals,
    sealer: sealer.value,
    deadline: policy.deadline,
    clientWithoutSubject: options.clientWithoutSubject === true
  })
  return TempCredentialProvider.of({
    ...provider,
    ...shared,
    invalidate: (credential) =>
      Effect.andThen(withdrawals.withdraw(credential), provider.invalidate?.(credential) ?? Effect.void),
    isInvalidated: (credential) => withdrawals.has(credential) || provider.isInvalidated?.(credential) === true
  })
})

const check = (lengths: Readonly<Record<string, Duration.Duration>>, keysAreSound: boolean): ReadonlyArray<Issue> => {
  const issue = (name: string, message: string): Issue => ({ name: `CredentialSharing.${name}`, message })
  const unsound = Object.entries(lengths).filter(([, length]) => {
    const millis = Duration.toMillis(length)
    return !(millis >= 1 && Number.isFinite(millis))
  })
  return [
    ...(keysAreSound ? [] : [issue("keys", "must each be 32 bytes in base64: `openssl rand -base64 32` makes one")]),
    ...unsound.map(([name]) => issue(name, "must be a millisecond or longer, and finite"))
  ]
}
