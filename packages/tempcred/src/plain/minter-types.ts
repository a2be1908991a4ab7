/** The minter and its options, in plain TypeScript. */
import type { Event } from "./event-types.ts"
import type { Credential, Length, MintOptions, MintRequest, ProviderName } from "./types.ts"

/** A vendor with its options, made by a function such as `soniox({ apiKey })` of `tempcred/soniox`. */
export interface Provider {
  readonly id: ProviderName
}

/** A store that machines share, made by `redis(…)` of `tempcred/redis`. */
export interface SharedCache {
  readonly kind: "redis"
}

/** The pool of single-use credentials that are minted ahead. */
export interface PoolOptions {
  /** The least number for each scope in use. @default 1 */
  readonly min?: number | undefined
  /** The largest number for each scope, 1 to 100. @default 10 */
  readonly max?: number | undefined
  /** The least remaining time of a credential that is given out. @default half of its lifetime */
  readonly minRemaining?: Length | undefined
  /** The time after its last request when a scope is dropped. @default "1 minute" */
  readonly idle?: Length | undefined
  /** The largest number of scopes. @default 100 */
  readonly scopes?: number | undefined
  /** Whether users share a pool at vendors that only record the subject. @default false */
  readonly waiveSubject?: boolean | undefined
}

/** Environment variables. */
export type Variables = Readonly<Record<string, string | undefined>>

/** Options of a minter of one vendor. With several, `createMinter` of `tempcred` also takes each from an environment variable. */
export interface VendorMinterOptions {
  /** The ttl of requests without one. `TEMPCRED_TTL` @default the vendor's */
  readonly ttl?: Length | undefined
  /** The time limit of a mint with its retries. `TEMPCRED_TIMEOUT` @default "10 seconds" */
  readonly timeout?: Length | undefined
  /** The number of retries, 0 to 10. `TEMPCRED_RETRIES` @default 2 */
  readonly retries?: number | undefined
  /** The largest number of calls in a minute to one account of a vendor. `TEMPCRED_RATE_LIMIT` @default none */
  readonly rateLimit?: number | undefined
  /** Whether credentials are cached in memory. `TEMPCRED_CACHE` @default "memory" */
  readonly cache?: "memory" | "off" | undefined
  /** Receives each mint and each deviation from normal operation. It must not throw; it is given a second. @default none */
  readonly onEvent?: ((event: Event) => void | Promise<void>) | undefined
  /** Sends requests to vendors. It must not follow redirects. @default a pool of connections on Node, `fetch` elsewhere */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** Options of a minter. */
export interface MinterOptions extends Omit<VendorMinterOptions, "cache"> {
  /** Where credentials are cached: in memory, nowhere, or in a store of all machines. `TEMPCRED_CACHE` @default "memory" */
  readonly cache?: "memory" | "off" | SharedCache | undefined
  /** The largest number of single-use credentials that are minted ahead for each scope. `TEMPCRED_POOL` @default none */
  readonly pool?: number | PoolOptions | undefined
  /** The vendors by name, in failover order. Their keys are in the environment. `TEMPCRED_PROVIDER` */
  readonly provider?: ProviderName | ReadonlyArray<ProviderName> | undefined
  /** The vendors with their options, in failover order, instead of `provider`. */
  readonly providers?: ReadonlyArray<Provider> | undefined
  /**
   * Looks up the vendors of an account when it is first needed, or again after it was forgotten: 15 minutes after its last mint, or when a vendor refused its
   * key. `undefined` means that there is no such account. It is given 5 seconds. With this option, every request names an account.
   */
  readonly accounts?: ((account: string) => Promise<ReadonlyArray<Provider> | undefined>) | undefined
  /** Receives an error of `accounts`, which callers read nothing of. @default none */
  readonly onError?: ((error: unknown) => void | Promise<void>) | undefined
  /** The largest number of accounts in memory; the one unused for longest is forgotten first. @default 1000 */
  readonly maxAccounts?: number | undefined
  /** The environment. @default that of the process */
  readonly env?: Variables | undefined
}

/** A minter of credentials. Close it when it is no longer needed. */
export interface Minter extends AsyncDisposable {
  /**
   * Mints a credential, or returns a cached one. Rejects with `TempcredError` if the mint failed, `ConfigurationError` if an option or variable is wrong, the
   * signal's reason if it was aborted, or `ClosedError` after `close`.
   */
  readonly mint: (request: MintRequest, options?: MintOptions) => Promise<Credential>
  /** Invalidates a credential that the vendor refused. Nobody gets it again, and the next mint returns another one. */
  readonly invalidate: (credential: Credential) => Promise<void>
  /**
   * Forgets an account with its cached credentials, for example when its customer left or its key was replaced. The next mint looks it up again. It does
   * nothing for a minter without `accounts`.
   */
  readonly forget: (account: string) => Promise<void>
  /** Loads the vendors and checks the configuration now. Rejects with `ConfigurationError`. */
  readonly ready: () => Promise<void>
  /** Stops mints in progress and closes connections. */
  readonly close: () => Promise<void>
}
