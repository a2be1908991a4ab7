/**
 * Shares credentials between machines, so that they mint once per scope. Shared credentials are stored
 * encrypted, usually in Redis. A machine uses the stored credential, waits for another machine's mint, or
 * mints and stores a new one. Provide this layer below a cache. While the store is down or slow, every
 * machine mints for itself, and no request fails or hangs because of the store.
 *
 * ```ts
 * import * as CredentialSharing from "@tempcred/core/CredentialSharing"
 * import * as Events from "@tempcred/core/Events"
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Redis from "@tempcred/redis/Redis"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 *
 * const sharing = CredentialSharing.layer({
 *   // Nothing listens at this address.
 *   store: Redis.connect("redis://127.0.0.1:1"),
 *   // `openssl rand -base64 32` makes a key.
 *   keys: [Redacted.make("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")]
 * })
 * const events = Events.layer((event) => Effect.sync(() => console.log(event._tag)))
 * const minter = Minter.make(sharing.pipe(Layer.provide([Soniox.layerConfig, events])))
 * const credential = await minter.mint({ purpose: "stt.realtime", exposure: "server" }) // => SharingDegraded
 * console.log(credential.provider) // => soniox
 * await minter.close()
 * ```
 *
 * Rules of sharing:
 *
 * - Single-use credentials and credentials whose minting has side effects are never shared. Client
 *   credentials without a subject are shared only with `clientWithoutSubject`.
 * - A stored credential is used while at least half of its lifetime and `minRemaining` are left. A cache
 *   refreshes later, so its refresh mints a new credential, which the other machines then use.
 * - The store's clock alone measures expiry. The store returns remaining durations, not times of day, so
 *   the clocks of the machines may differ.
 * - A stored credential is ignored if its remaining time exceeds its lifetime, because the store's clock
 *   was then set back.
 * - A stored credential that cannot be decrypted counts as missing, for example after a change of keys.
 * - The lease of a crashed machine expires. A late write never replaces a newer credential.
 * - All machines learn of an invalidation within `heardAfter` while the store is available.
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
import { Events } from "./Events.ts"
import type { Length } from "./MintRequest.ts"
import { RetryPolicy } from "./RetryPolicy.ts"
import * as Encryption from "./credential-sharing/Encryption.ts"
import * as Invalidations from "./credential-sharing/Invalidations.ts"
import * as SharedMint from "./credential-sharing/SharedMint.ts"
import type { SharedStore } from "./SharedStore.ts"
import { TempCredentialProvider } from "./TempCredentialProvider.ts"
import { holding } from "./temp-credential-provider/Holding.ts"

export type { CredentialStore, SharedStore, StoredText, StoreOptions, Visit } from "./SharedStore.ts"

/**
 * Options of sharing.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The store that all machines share, such as `Redis.connect(url)` of `@tempcred/redis`. */
  readonly store: Pick<SharedStore, "credentials">
  /**
   * Encryption keys, each 32 bytes in base64. The first one encrypts and all decrypt, so that keys can
   * be rotated without downtime.
   */
  readonly keys: readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>]
  /** The time limit of one request to the store. A longer one counts as an outage. @default "250 millis" */
  readonly limit?: Length | undefined
  /**
   * How long the lease of a minting machine lasts without renewal. After that, another machine can
   * mint.
   *
   * @default "2 seconds"
   */
  readonly lease?: Length | undefined
  /**
   * The time limit of the wait for another machine's mint. After it, this machine mints for itself,
   * within the same deadline. The maximum is half the remaining time of the mint.
   *
   * @default half the deadline of the retry policy
   */
  readonly patience?: Length | undefined
  /** The interval at which each machine reads the invalidations of all machines. @default "1 second" */
  readonly heardAfter?: Length | undefined
  /** Whether client credentials without a subject are shared. @default false */
  readonly clientWithoutSubject?: boolean | undefined
}

/**
 * Shares the credentials of the provider below with all machines that use the same store, encryption
 * keys and long-lived keys. Fails with `ConfigurationError` if an option is invalid, and never because of
 * the store.
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
  const publish = yield* Events
  const policy = yield* RetryPolicy
  const lengths = {
    limit: options.limit ?? "250 millis",
    lease: options.lease ?? "2 seconds",
    patience: options.patience ?? Duration.times(policy.deadline, 0.5),
    heardAfter: options.heardAfter ?? "1 second"
  }
  const encryption = yield* Encryption.make(options.keys)
  const settings = Record.map(lengths, (length) => Option.getOrElse(Duration.fromInput(length), () => Duration.zero))
  const issues = check(settings, Option.isSome(encryption))
  if (Option.isNone(encryption) || issues.length > 0) return yield* new ConfigurationError({ issues })
  const store = yield* options.store.credentials({
    limit: settings.limit,
    lease: settings.lease,
    onDown: (reason) => publish({ _tag: "SharingDegraded", provider: provider.id, reason }),
    onUp: publish({ _tag: "SharingRestored", provider: provider.id })
  })
  const invalidations = yield* Invalidations.make(store, settings.heardAfter)
  const shared = SharedMint.make({
    ...settings,
    provider,
    store,
    invalidations,
    encryption: encryption.value,
    deadline: policy.deadline,
    clientWithoutSubject: options.clientWithoutSubject === true
  })
  return TempCredentialProvider.of({
    ...provider,
    ...shared,
    invalidate: (credential) =>
      Effect.andThen(invalidations.invalidate(credential), provider.invalidate?.(credential) ?? Effect.void),
    [holding]: {
      ...provider[holding],
      isInvalidated: (credential) =>
        invalidations.has(credential) || provider[holding]?.isInvalidated?.(credential) === true
    }
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
