/** The types of the package, in plain TypeScript. Modules of types import only each other, so that the published declarations need no other package. */

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
  /** Returns the vendor and the fingerprint. */
  readonly toString: () => string
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
