/**
 * The request and the responses of a token endpoint as plain types: the credential with its connections, or a problem.
 * A test compares them with the endpoint's own types, which a browser's build does not need.
 */

/**
 * The purpose of a credential: speech to text or text to speech, as a live stream or as a job; a hosted voice agent; or
 * speech to speech (`"realtime"`).
 */
export type Purpose = "stt.realtime" | "stt.batch" | "tts.realtime" | "tts.batch" | "agent" | "realtime"

/** The request of a client. The endpoint's policy decides the omitted fields and the subject. */
export interface Request {
  readonly purpose: Purpose
  /** The time for which the credential can open connections, in whole seconds. */
  readonly ttlSeconds?: number | undefined
  /** Requires a credential for one connection only. */
  readonly singleUse?: boolean | undefined
  /** The time after which the vendor must close an open session, in whole seconds. */
  readonly maxSessionSeconds?: number | undefined
  /** `"eu"`, `"us"`, `"au"`, `"jp"`, `"in"`, or a vendor's own name. */
  readonly region?: string | undefined
  /** The least remaining lifetime of a cached credential, in whole seconds; one with less is renewed first. */
  readonly minRemainingSeconds?: number | undefined
}

/** The placement of the token in a connection, as `{token}`. */
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

/** A feature that some vendors cannot serve or enforce. */
export type Feature = "purpose" | "ttl" | "singleUse" | "maxSession" | "usableFor" | "session" | "subject" | "region"

/**
 * A short-lived credential with its token in plain text: do not log it. Times are ISO 8601 by the endpoint's clock.
 * `relaxed` lists requested features that are not enforced. The best connection is first.
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
  /** The time after which the vendor also closes open sessions, if there is one. */
  readonly usableUntil?: string
  /** The extent to which the credential fixes the session's configuration, if it does. */
  readonly sessionLock?: "none" | "given" | "all"
  readonly subject?: string
  readonly region?: string
  readonly relaxed: ReadonlyArray<Feature>
  readonly connections: readonly [Connection, ...ReadonlyArray<Connection>]
  /** A hash of the token to report a refusal with: 16 hex digits, if the endpoint sends it. */
  readonly fingerprint?: string
}

/**
 * The endpoint's reason for a missing credential (RFC 9457). `reason` is its name, and `retryAfter` is in whole
 * seconds. `issues` and `feature` name the parts of the request to change.
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
