/**
 * Shares credentials between machines: one mint per scope for all of them. Credentials that may be shared are stored encrypted, usually in Redis. A machine that
 * needs one takes the stored one, waits for the machine that is minting it, or mints it. Use it below a cache. While the store is down or slow, every
 * machine mints for itself: nothing fails and nothing hangs.
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
 * - Single-use credentials, purposes whose minting has side effects, and client credentials without a subject are never shared.
 * - A stored credential is used while half of its life is left, and as much as `minRemaining` asks for. So a cache that renews later in its life mints, and
 *   the other machines use what it stored.
 * - Expiry is measured by the clock of the store alone: durations cross, not times of day, so the clocks of the machines may differ. A store whose clock was
 *   set back by more than a credential's age is not believed.
 * - A stored credential that cannot be decrypted, because the key, the scope or a bit differs, counts as missing.
 * - The lease of a machine that died expires, and a late write replaces nothing newer.
 * - All machines know of an invalidation after `heardAfter`, while the store is available.
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
  /** Encryption keys, each 32 bytes in base64. The first one encrypts and all decrypt, so that keys can be rotated without downtime. */
  readonly keys: readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>]
  /** Limit of one exchange with the store; one that takes longer is an outage. @default "250 millis" */
  readonly limit?: Length | undefined
  /** How long a minting machine counts as alive after its last sign of life. @default "2 seconds" */
  readonly lease?: Length | undefined
  /** Limit of the wait for another machine's mint. After it, this machine mints alone, within the same deadline. @default half the deadline of the retry policy, which is also the maximum */
  readonly patience?: Length | undefined
  /** Delay until the other machines know that a credential was invalidated. @default "1 second" */
  readonly heardAfter?: Length | undefined
  /** Whether client credentials without a subject are shared. @default false */
  readonly clientWithoutSubject?: boolean | undefined
}

/**
 * Shares the credentials of the provider below with all machines that use the same store, encryption keys and long-lived keys. Fails where an option is
 * invalid, and never because of the store.
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
