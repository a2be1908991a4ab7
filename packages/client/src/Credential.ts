/**
 * What a token endpoint is asked and what it answers, as plain types: the request, the credential with its connections, and the problem that says why
 * there is none. They are those of `@tempcred/core`, spelled out so that a browser's build needs nothing of it.
 */

/** What a credential is for: speech to text or text to speech, as a live stream or as a job; a hosted voice agent; or speech to speech (`"realtime"`). */
export type Purpose = "stt.realtime" | "stt.batch" | "tts.realtime" | "tts.batch" | "agent" | "realtime"

/** What a client may ask for; the endpoint's policy decides what is not said, and for whom it is. */
export interface Request {
  readonly purpose: Purpose
  /** How long the credential may be used to open a connection, in whole seconds. */
  readonly ttlSeconds?: number | undefined
  /** Whether it must be good for one connection only. */
  readonly singleUse?: boolean | undefined
  /** When the vendor must cut a session that was opened with it, in whole seconds. */
  readonly maxSessionSeconds?: number | undefined
  /** `"eu"`, `"us"`, `"au"`, `"jp"`, `"in"`, or a vendor's own name. */
  readonly region?: string | undefined
  /** How much of its life the credential must have left, in whole seconds, where a cache holds one; one with less is renewed first. */
  readonly minRemainingSeconds?: number | undefined
}

/** Where the token travels; `{token}` stands for it. */
export type Placement =
  | { readonly in: "header"; readonly name: string; readonly value: string }
  | { readonly in: "query"; readonly name: string; readonly value: string }
  | { readonly in: "subprotocols"; readonly protocols: ReadonlyArray<string> }
  | { readonly in: "message"; readonly field: string; readonly value: string }
  | { readonly in: "form"; readonly field: string; readonly value: string }
  | { readonly in: "url"; readonly protocols?: ReadonlyArray<string> }
  | { readonly in: "sdk"; readonly name: string }

/** One way to present a credential; `deprecatedFrom` is the ISO date from which the vendor no longer accepts it. */
export interface Connection {
  readonly kind: "websocket" | "http"
  readonly url: string
  readonly where: "browser" | "server" | "anywhere"
  readonly placement: Placement
  readonly deprecatedFrom?: string
}

/** What a vendor may be unable to serve or to enforce. */
export type Feature = "purpose" | "ttl" | "singleUse" | "maxSession" | "usableFor" | "session" | "subject" | "region"

/**
 * A short-lived credential, with the token in plain: log nothing of it. Times are ISO 8601 by the endpoint's clock; `relaxed` lists what was asked
 * for and is not enforced; connections are best first.
 */
export interface Credential {
  readonly provider: string
  readonly purpose: Purpose
  readonly token: string
  readonly issuedAt: string
  readonly expiresAt: string
  readonly expirySource: "vendor" | "jwt" | "request" | "documented"
  readonly uses: "once" | "many"
  readonly maxSessionSeconds?: number
  /** When open sessions are refused too, where the vendor has such an end. */
  readonly usableUntil?: string
  /** How firmly a session's configuration is bound, where one is. */
  readonly sessionLock?: "none" | "given" | "all"
  readonly subject?: string
  readonly region?: string
  readonly relaxed: ReadonlyArray<Feature>
  readonly connections: readonly [Connection, ...ReadonlyArray<Connection>]
  /** Names the token without telling it, so that a refusal can be reported: 16 hex digits, where the endpoint gives them. */
  readonly fingerprint?: string
}

/**
 * Why there is no credential, in the endpoint's words (RFC 9457): `reason` is its name, `retryAfter` is in whole seconds, `issues` and `feature` say
 * what of the request to change.
 */
export interface Problem {
  readonly type: "about:blank"
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly reason:
    | "InvalidRequestError"
    | "UnsupportedError"
    | "AuthenticationError"
    | "PermissionError"
    | "QuotaError"
    | "RateLimitError"
    | "UnavailableError"
    | "TransportError"
    | "InvalidResponseError"
    | "UnauthenticatedError"
    | "ForbiddenError"
  readonly retryAfter?: number
  readonly provider?: string
  readonly requestId?: string
  readonly feature?: Feature
  readonly issues?: ReadonlyArray<{ readonly field: string; readonly message: string }>
}
