/** The types of the endpoint, in plain TypeScript. */
import type { Minter, SharedCache } from "./minter-types.ts"
import type { Length, Purpose, SessionBinding } from "./types.ts"

/** An authenticated caller. */
export interface Caller {
  /** Your own id of the end user. Credentials and limits are bound to it. */
  readonly subject: string
  /** The account whose keys mint, for a minter with `accounts`. @default none */
  readonly account?: string | undefined
  /** Further facts about the caller, which the policy can read. @default none */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Identifies the caller of a request, whose body it must not read. `incoming` is the framework's own request, such as that of Express with its session.
 * `undefined` means 401. A rejection means 503; the caller learns nothing of it, and `onError` gets it.
 */
export type Authenticate = (request: Request, incoming: unknown) => Promise<Caller | undefined> | Caller | undefined

/** A ready-made way to identify callers, from `jwt` or `bearer`. */
export interface Authenticator {
  readonly kind: "jwt" | "bearer"
}

/** The place of a token in a request. A cookie counts only for JSON that a page of the same origin sends. */
export type TokenFrom = { readonly header: string } | { readonly cookie: string }

/** The checks of a JWT that do not depend on its keys. */
export interface JwtChecks {
  /** The issuer that `iss` must name, or several. @default any */
  readonly issuer?: string | ReadonlyArray<string> | undefined
  /** The claim with the subject: text of 1 to 256 characters. @default "sub" */
  readonly subjectClaim?: string | undefined
  /** The claim with the account, for a minter with `accounts`; every token must have it then. @default none */
  readonly accountClaim?: string | undefined
  /** The tolerated difference of clocks, at most 5 minutes. @default "5 seconds" */
  readonly clockTolerance?: Length | undefined
  /** @default the `Authorization` header */
  readonly tokenFrom?: TokenFrom | undefined
}

/** JWTs that are signed by keys of a key set. */
export interface JwtKeySetOptions extends JwtChecks {
  /** The URL of the issuer's public keys (JWKS): `https`, or `http` on loopback. */
  readonly jwksUrl: string
  /** The audience that `aud` must name, or several. `"any"` skips this check and needs an issuer. */
  readonly audience: string | ReadonlyArray<string>
  readonly secret?: undefined
}

/** JWTs that are signed by a shared secret (HS256). */
export interface JwtSecretOptions extends JwtChecks {
  /** The secret: 32 bytes or more. */
  readonly secret: string
  readonly audience?: string | ReadonlyArray<string> | undefined
  readonly jwksUrl?: undefined
}

/** Options of `jwt`. */
export type JwtOptions = JwtKeySetOptions | JwtSecretOptions

/** A caller with a token of its own. */
export interface BearerOptions extends Caller {
  /** At least 16 visible ASCII characters; `openssl rand -hex 32` makes one. */
  readonly token: string
}

/** Limits on what a caller may request. */
export interface Terms {
  /** @default every purpose that the vendor serves */
  readonly purposes?: ReadonlyArray<Purpose> | undefined
  /** The longest ttl. @default "5 minutes", or the vendor's shortest if that is longer */
  readonly maxTtl?: Length | undefined
  /** Single use: always, where the vendor has it, or where the client asks for it. @default "preferred" */
  readonly singleUse?: "required" | "preferred" | "asked" | undefined
  /** The longest session. Vendors that cannot cut sessions refuse. @default no limit */
  readonly maxSession?: Length | undefined
  /** The configuration of sessions for each purpose. @default chosen by the client */
  readonly session?: { readonly [P in Purpose]?: SessionBinding | undefined } | undefined
  /** The time after which the vendor also closes open sessions, for each purpose. @default the vendor's, if it has one */
  readonly usableFor?: { readonly [P in Purpose]?: Length | undefined } | undefined
  /** The allowed regions; a request without one gets the first that serves it. @default every region */
  readonly regions?: ReadonlyArray<string> | undefined
  /** Whether purposes without regions are allowed while `regions` is set. @default false */
  readonly allowNoRegion?: boolean | undefined
}

/** The policy of an endpoint. */
export interface Policy {
  /** The terms of everybody, or of one caller. `undefined` refuses the caller (403). @default the defaults of `Terms` */
  readonly terms?: Terms | ((caller: Caller) => Terms | undefined | Promise<Terms | undefined>) | undefined
  /** A secret, 32 bytes or more in base64, that hashes subjects before they reach the vendor. @default subjects as they are */
  readonly hashSubjectsWith?: string | undefined
}

/** The limits of each caller. */
export interface Limits {
  /** Requests in a minute. @default 60 */
  readonly perMinute?: number | undefined
  /** Requests at a time. @default 8 */
  readonly concurrent?: number | undefined
  /** The store in which all processes count together. @default in memory */
  readonly store?: SharedCache | undefined
}

/** The web pages of other origins that may call the endpoint. */
export interface Cors {
  /** The origins, exactly as browsers send them, such as `https://app.example.com`. */
  readonly origins: ReadonlyArray<string>
  /** Headers beside `authorization` and `content-type`. @default none */
  readonly headers?: ReadonlyArray<string> | undefined
}

/** An answered request. It holds fingerprints in place of secrets and subjects. */
export interface AccessLogEntry {
  /** ISO 8601 in UTC. */
  readonly time: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly milliseconds: number
  readonly subject?: string
  readonly purpose?: string
  readonly provider?: string
  readonly credential?: string
  readonly reason?: string
  readonly requestId?: string
}

/** Options of an endpoint. */
export interface EndpointOptions {
  readonly minter: Minter
  /** Identifies callers. There is no default: an endpoint that serves everybody gives your key away. */
  readonly authenticate: Authenticate | Authenticator
  readonly policy?: Policy | undefined
  readonly limits?: Limits | undefined
  readonly cors?: Cors | undefined
  /** The largest number of requests at a time. @default 512 */
  readonly maxInFlight?: number | undefined
  /** The time for the body of a request to arrive. @default "5 seconds" */
  readonly bodyTimeout?: Length | undefined
  /** The time for requests to finish when the endpoint closes. @default "20 seconds" */
  readonly drainTimeout?: Length | undefined
  /** Receives an entry for each answered request. @default none */
  readonly onRequest?: ((entry: AccessLogEntry) => void | Promise<void>) | undefined
  /**
   * Receives errors whose words callers do not read: those of `authenticate` and `policy.terms`, and a `TempcredError` for each failed mint.
   *
   * @default a warning in the log, without the messages of the app's own errors
   */
  readonly onError?: ((error: unknown) => void | Promise<void>) | undefined
}

/** A request of Node: `IncomingMessage`, as Express, Fastify (`request.raw`), Koa (`ctx.req`) and `node:http` have it. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: object
}

/** A response of Node: `ServerResponse`. */
export interface NodeResponse {
  statusCode: number
  readonly end: (...args: ReadonlyArray<never>) => unknown
}

/** A token endpoint. Each `POST` with JSON asks for a credential, whatever its path: mount it where you like. */
export interface Endpoint extends AsyncDisposable {
  /** Answers a web request. Rejects with `ConfigurationError` if an option is wrong. */
  readonly fetch: (request: Request, incoming?: unknown) => Promise<Response>
  /** Answers a request of Node, also after a body parser. Errors go to `next`, or reject without it. */
  readonly node: (request: NodeRequest, response: NodeResponse, next?: (error?: unknown) => void) => Promise<void>
  /** Builds the endpoint and its minter now. Rejects with `ConfigurationError`. */
  readonly ready: () => Promise<void>
  /** Lets requests in progress finish, and closes the endpoint. The minter stays open. */
  readonly close: () => Promise<void>
}
