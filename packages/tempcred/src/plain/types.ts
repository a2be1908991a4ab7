/** The types of the package, in plain TypeScript. This module imports nothing, so that the published declarations need no other package. */

/**
 * The purpose of a credential: speech to text or text to speech, as a live stream or as a job; a hosted voice agent; or speech to speech (`"realtime"`).
 */
export type Purpose = "stt.realtime" | "stt.batch" | "tts.realtime" | "tts.batch" | "agent" | "realtime"

/** A vendor that this package has an adapter for. */
export type ProviderName = "assemblyai" | "deepgram" | "elevenlabs" | "gemini" | "openai" | "soniox" | "speechmatics"

/** A unit of time. */
export type TimeUnit =
  | "milli"
  | "millis"
  | "second"
  | "seconds"
  | "minute"
  | "minutes"
  | "hour"
  | "hours"
  | "day"
  | "days"

/** A length of time with its unit, such as `"60 seconds"`. A bare number is refused, because its unit would be a guess. */
export type Length = `${number} ${TimeUnit}`

/** A value of JSON. */
export type Json = string | number | boolean | null | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** The part of a request that a vendor may not support. */
export type Feature = "purpose" | "ttl" | "singleUse" | "maxSession" | "usableFor" | "session" | "subject" | "region"

/** The configuration of the sessions that a credential opens, in the vendor's own format. */
export interface SessionBinding {
  readonly config: { readonly [key: string]: Json }
  /** The weakest acceptable lock: the client can change everything, only what is not given, or nothing. @default "none" */
  readonly lock?: "none" | "given" | "all" | undefined
}

/** A request for a credential. */
export interface MintRequest {
  readonly purpose: Purpose
  /** The time in which the credential can open a connection, in whole seconds. @default the vendor's, or `ttl` of the minter */
  readonly ttl?: Length | undefined
  /** Your own id of the end user. Credentials with a subject are cached. @default none */
  readonly subject?: string | undefined
  /**
   * Whether the credential must be for one connection only. With `"preferred"`, vendors without such credentials give a reusable one, and `relaxed` says so.
   *
   * @default false
   */
  readonly singleUse?: boolean | "preferred" | undefined
  /** The time after which the vendor must close a session, in whole seconds. @default none */
  readonly maxSession?: Length | undefined
  /** The time after which the vendor must refuse every use, in open sessions too. @default the vendor's, if it has one */
  readonly usableFor?: Length | undefined
  /** The configuration of sessions that the credential opens. @default chosen by the client */
  readonly session?: SessionBinding | undefined
  /** The region, such as `"eu"` or `"us"`. @default the configured region */
  readonly region?: string | undefined
  /** Whether the credential leaves the backend. @default "client" */
  readonly exposure?: "client" | "server" | undefined
  /** Whether an unsupported guarantee is an error, or is left out and listed in `relaxed`. @default "reject" */
  readonly onUnsupported?: "reject" | "relax" | undefined
  /** The account whose keys mint, for a minter with `accounts`. Take it from your own data, never from the client. @default none */
  readonly account?: string | undefined
}

/** Options of one mint. */
export interface MintOptions {
  /** Stops the wait of this caller. Other callers of the same mint continue to wait. */
  readonly signal?: AbortSignal | undefined
  /** The least remaining time of a cached credential; one with less is renewed first. @default 10 seconds, or a quarter of short lifetimes */
  readonly minRemaining?: Length | undefined
  /** The `fingerprint` of a credential of this request that the vendor refused: it is dropped, and another one is returned. */
  readonly refused?: string | undefined
}

/** The place of the token in a connection, which `{token}` marks. */
export type Placement =
  | { readonly in: "header"; readonly name: string; readonly value: string }
  | { readonly in: "query"; readonly name: string; readonly value: string }
  | { readonly in: "subprotocols"; readonly protocols: ReadonlyArray<string> }
  | { readonly in: "message"; readonly field: string; readonly value: string }
  | { readonly in: "form"; readonly field: string; readonly value: string }
  | { readonly in: "url"; readonly protocols?: ReadonlyArray<string> }
  | { readonly in: "sdk"; readonly name: string }

/** One way to connect. From the ISO date `deprecatedFrom`, the vendor no longer accepts it. */
export interface Connection {
  readonly kind: "websocket" | "http"
  readonly url: string
  /** Whether browsers or servers can use it. */
  readonly where: "browser" | "server" | "anywhere"
  readonly placement: Placement
  readonly deprecatedFrom?: string
}

/** The fields that a credential has in the backend and at the client. */
export interface CredentialTerms {
  readonly provider: string
  readonly purpose: Purpose
  /** The source of `expiresAt`: the vendor's answer, a JWT, the requested ttl, or the vendor's documents. */
  readonly expirySource: "vendor" | "jwt" | "request" | "documented"
  readonly uses: "once" | "many"
  readonly maxSessionSeconds?: number
  readonly sessionLock?: "none" | "given" | "all"
  readonly subject?: string
  readonly region?: string
  /** The requested guarantees that the vendor does not enforce. */
  readonly relaxed: ReadonlyArray<Feature>
  /** The ways to connect, best first. */
  readonly connections: readonly [Connection, ...ReadonlyArray<Connection>]
  /** A hash of the token that names it in logs and reports: 16 hexadecimal digits. */
  readonly fingerprint: string
}

/** A credential as the client receives it: JSON with the token in plain text, and times in ISO 8601. Do not log it. */
export interface ClientCredential extends CredentialTerms {
  readonly token: string
  readonly issuedAt: string
  readonly expiresAt: string
  readonly usableUntil?: string
}

/** A short-lived credential. Logs, `JSON.stringify` and `String` show no token: only `token` and `toClient()` do. */
export interface Credential extends CredentialTerms {
  /** The secret. */
  readonly token: string
  readonly issuedAt: Date
  /** The time until which the credential opens connections. */
  readonly expiresAt: Date
  /** The time after which the vendor also closes open sessions, if it has such a limit. */
  readonly usableUntil?: Date
  /** Returns the credential for its client, with the token in plain text. Send it over TLS with `Cache-Control: no-store`. */
  readonly toClient: () => ClientCredential
  /** Returns the credential without its token, for logs. */
  readonly toJSON: () => object
}

/** The reason of a failed mint. */
export type Reason =
  | "InvalidRequestError"
  | "UnsupportedError"
  | "AuthenticationError"
  | "PermissionError"
  | "QuotaError"
  | "RateLimitError"
  | "UnavailableError"
  | "TransportError"
  | "InvalidResponseError"

/** The failure of one vendor. */
export interface Failure {
  readonly provider: string
  readonly reason: Reason
  readonly message: string
  /** The HTTP status of the vendor's answer. */
  readonly status?: number
  /** The vendor's own code. */
  readonly code?: string
  /** The vendor's id of the request, for its support. */
  readonly requestId?: string
  /** The wait that the vendor asks for, at most an hour. */
  readonly retryAfterSeconds?: number
  /** The refused fields of the request, with `InvalidRequestError`. */
  readonly issues?: ReadonlyArray<Issue>
  /** The part of the request that the vendor does not support, with `UnsupportedError`. */
  readonly feature?: Feature
  /** Whether a later attempt may succeed. */
  readonly isRetryable: boolean
}

/** A refused field of a request, and the rule. */
export interface Issue {
  readonly field: string
  readonly message: string
}

/** A missing or wrong option or environment variable, and the rule. It never holds the value. */
export interface ConfigurationIssue {
  readonly name: string
  readonly message: string
}

/** A long-lived key: text, several with the newest first, or a function that reads them before each attempt. */
export type Key =
  | string
  | ReadonlyArray<string>
  | (() => string | ReadonlyArray<string> | Promise<string | ReadonlyArray<string>>)

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

/** Options that do not depend on the vendor. Each has an environment variable, which the option overrides. */
export interface CommonOptions {
  /** The ttl of requests without one. `TEMPCRED_TTL` @default the vendor's */
  readonly ttl?: Length | undefined
  /** The time limit of a mint with its retries. `TEMPCRED_TIMEOUT` @default "10 seconds" */
  readonly timeout?: Length | undefined
  /** The number of retries, 0 to 10. `TEMPCRED_RETRIES` @default 3 */
  readonly retries?: number | undefined
  /** The largest number of calls in a minute to one account of a vendor. `TEMPCRED_RATE_LIMIT` @default none */
  readonly rateLimit?: number | undefined
  /** The largest number of single-use credentials that are minted ahead for each scope. `TEMPCRED_POOL` @default none */
  readonly pool?: number | PoolOptions | undefined
  /** Where credentials are cached: in memory, nowhere, or in a store of all machines. `TEMPCRED_CACHE` @default "memory" */
  readonly cache?: "memory" | "off" | SharedCache | undefined
  /** Receives each mint and each deviation from normal operation. It must not throw; it is given a second. @default none */
  readonly onEvent?: ((event: Event) => void | Promise<void>) | undefined
  /** Sends requests to vendors. It must not follow redirects. @default a pool of connections on Node, `fetch` elsewhere */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** Options of a minter. */
export interface MinterOptions extends CommonOptions {
  /** The vendors by name, in failover order. Their keys are in the environment. `TEMPCRED_PROVIDER` */
  readonly provider?: ProviderName | ReadonlyArray<ProviderName> | undefined
  /** The vendors with their options, in failover order, instead of `provider`. */
  readonly providers?: ReadonlyArray<Provider> | undefined
  /**
   * Looks up the vendors of an account when it is first needed, or again after it was forgotten. `undefined` means that there is no such account. With this
   * option, every request names an account.
   */
  readonly accounts?: ((account: string) => Promise<ReadonlyArray<Provider> | undefined>) | undefined
  /** The largest number of accounts in memory; the one unused for longest is forgotten first. @default 10,000 */
  readonly maxAccounts?: number | undefined
  /** The environment. @default that of the process */
  readonly env?: Variables | undefined
}

/** Something that happened, without a secret or a subject. `fingerprint` names a credential or a key. */
export type Event =
  | {
      readonly type: "Minted"
      readonly provider: string
      readonly purpose: Purpose
      /** A hash of the subject. */
      readonly subject?: string
      readonly expiresAt: Date
      readonly fingerprint: string
    }
  | {
      readonly type: "MintFailed" | "RefreshFailed" | "SharingDegraded"
      readonly provider: string
      readonly reason: string
    }
  | {
      readonly type: "ExpiryNotBelieved"
      readonly provider: string
      readonly purpose: Purpose
      /** The lifetime that the vendor stated, in seconds. */
      readonly stated: number
      /** The lifetime that is used, in seconds. */
      readonly kept: number
    }
  | { readonly type: "KeyRefused" | "KeyAccepted"; readonly provider: string; readonly fingerprint: string }
  | { readonly type: "KeysReloaded"; readonly provider: string; readonly keys: number }
  | { readonly type: "KeysNotReloaded"; readonly provider: string; readonly problem: string }
  | { readonly type: "FailedOver"; readonly provider: string; readonly to: string; readonly reason: Reason }
  | { readonly type: "CircuitOpened" | "CircuitClosed" | "SharingRestored"; readonly provider: string }
  | { readonly type: "GateClosed"; readonly provider: string; readonly milliseconds: number }

/** A minter of credentials. Close it when it is no longer needed. */
export interface Minter extends AsyncDisposable {
  /**
   * Mints a credential, or returns a cached one. Rejects with `TempcredError` if the mint failed, `ConfigurationError` if an option or variable is wrong, the
   * signal's reason if it was aborted, or `ClosedError` after `close`.
   */
  readonly mint: (request: MintRequest, options?: MintOptions) => Promise<Credential>
  /** Invalidates a credential that the vendor refused. Nobody gets it again, and the next mint returns another one. */
  readonly invalidate: (credential: Credential) => Promise<void>
  /** Loads the vendors and checks the configuration now. Rejects with `ConfigurationError`. */
  readonly ready: () => Promise<void>
  /** Stops mints in progress and closes connections. */
  readonly close: () => Promise<void>
}

/** Options of AssemblyAI. */
export interface AssemblyAiOptions {
  readonly apiKey: Key
  /** The data zone: `"global"` (the nearest), `"us"` or `"eu"`. @default "global" */
  readonly region?: string | undefined
  /** The API that mints streaming tokens, without `/v3`. */
  readonly streamingBaseUrl?: string | undefined
  /** The streaming WebSocket, with its path. */
  readonly streamingWebsocketUrl?: string | undefined
  /** The API that mints agent tokens, without `/v1`. */
  readonly agentsBaseUrl?: string | undefined
  /** The voice agent's WebSocket, with its path. */
  readonly agentsWebsocketUrl?: string | undefined
}

/** Options of Deepgram. */
export interface DeepgramOptions {
  /** The long-lived key, which needs the role Member. */
  readonly apiKey: Key
  /** `"global"`, `"eu"`, `"au"` or `"in"`. @default "global" */
  readonly region?: string | undefined
  /** The API, without `/v1`. */
  readonly baseUrl?: string | undefined
  /** The WebSockets, without `/v1`. */
  readonly websocketUrl?: string | undefined
  /** The agent's WebSocket, without `/v1`. */
  readonly agentWebsocketUrl?: string | undefined
}

/** Options of ElevenLabs. */
export interface ElevenLabsOptions {
  readonly apiKey: Key
  /** `"global"` or `"us"`, which share accounts, or `"eu"`, `"in"` or `"sg"`. @default "global" */
  readonly region?: string | undefined
  /** The keys of further regions, for requests that name one. */
  readonly regionKeys?: Readonly<Record<string, Key>> | undefined
  /** The API and the WebSockets, without `/v1`. */
  readonly baseUrl?: string | undefined
  /** The agent, which the purpose `agent` needs. */
  readonly agentId?: string | undefined
  /** The voice, which the purpose `tts.realtime` needs. */
  readonly voiceId?: string | undefined
}

/** Options of Gemini. */
export interface GeminiOptions {
  readonly apiKey: Key
  /** The API and its WebSocket, without the version. */
  readonly baseUrl?: string | undefined
  /** `"v1alpha"` or `"v1beta"`. @default "v1alpha" */
  readonly apiVersion?: string | undefined
}

/** Options of OpenAI. */
export interface OpenAiOptions {
  readonly apiKey: Key
  /** The API. @default "https://api.openai.com/v1" */
  readonly baseUrl?: string | undefined
  /** The WebSocket, with its path. */
  readonly websocketUrl?: string | undefined
  /** The organization to charge. @default the key's own */
  readonly organization?: string | undefined
  /** The project to charge. @default the key's own */
  readonly project?: string | undefined
}

/** Options of Soniox. */
export interface SonioxOptions {
  readonly apiKey: Key
  /** `"us"`, `"eu"`, `"jp"`, `"in"`, or one that Soniox adds. @default "us" */
  readonly region?: string | undefined
  /** The keys of further regions, for requests that name one. */
  readonly regionKeys?: Readonly<Record<string, Key>> | undefined
  /** The API, without `/v1`. */
  readonly baseUrl?: string | undefined
  /** The speech-to-text WebSocket, with its path. */
  readonly websocketUrl?: string | undefined
  /** The text-to-speech WebSocket, with its path. */
  readonly ttsWebsocketUrl?: string | undefined
}

/** Options of Speechmatics. */
export interface SpeechmaticsOptions {
  readonly apiKey: Key
  /** The region, which decides the host. @default "eu" for batch, "global" for realtime */
  readonly region?: string | undefined
  /** The longest ttl to allow, up to a day. @default "1 hour" */
  readonly maxTtl?: Length | undefined
  /** The API that mints keys, without `/v1`. */
  readonly baseUrl?: string | undefined
  /** The realtime WebSocket, with its path. */
  readonly realtimeUrl?: string | undefined
  /** The batch API, with `/v2`. */
  readonly batchUrl?: string | undefined
  /** The text-to-speech API. */
  readonly ttsUrl?: string | undefined
}
