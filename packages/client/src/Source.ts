/**
 * A source of credentials in a browser: asks the app's token endpoint, once however many wait for the same, keeps what is good for many uses and renews it
 * ahead of its end, and hands out what is good for one use once.
 *
 * ```ts
 * import { source } from "@tempcred/client"
 * import * as Minter from "@tempcred/core/Minter"
 * import { encode } from "@tempcred/core/TempCredential"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 *
 * const minter = Minter.make(Soniox.layerConfig)
 * const credentials = source({
 *   endpoint: "/v1/credentials",
 *   headers: async () => ({ authorization: "Bearer of-the-app" }),
 *   // What the app's backend does; a page leaves this out.
 *   fetch: async () => Response.json(encode(await minter.mint({ purpose: "stt.realtime" })), { status: 201 })
 * })
 * const first = await credentials.get({ purpose: "stt.realtime" })
 * const second = await credentials.get({ purpose: "stt.realtime" })
 * console.log(first.provider, first === second) // => soniox true
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */
import { open, type OpenOptions } from "./Connect.ts"
import type { Credential, Request } from "./Credential.ts"
import { ask, type Kept, silence } from "./source/Ask.ts"
import { SourceError } from "./SourceError.ts"

/**
 * Header fields by name.
 *
 * @category models
 * @since 0.1.0
 */
export type Fields = Readonly<Record<string, string>>

/**
 * How the token endpoint is reached.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Where credentials are minted by `POST`; relative to the page, or whole. */
  readonly endpoint: string | URL
  /**
   * What tells the endpoint who is asking, such as the app's own bearer; a function is called before every try.
   *
   * @default none: the page's cookies are sent to its own origin
   */
  readonly headers?: Fields | (() => Fields | Promise<Fields>) | undefined
  /** @default the platform's */
  readonly fetch?: ((url: string | URL, init: RequestInit) => Promise<Response>) | undefined
}

/**
 * How long a caller waits.
 *
 * @category models
 * @since 0.1.0
 */
export interface GetOptions {
  /** Ends the waiting; others who wait for the same credential are not hurt. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Hands out credentials. Every promise is settled within some ten seconds; it rejects with a `SourceError`, with the reason of the caller's signal, or as the
 * app's own `headers` do.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source {
  /** Gets a credential, which others may be given too unless it is good for one use: for calls over HTTP, and to have one ready. */
  readonly get: (request: Request, options?: GetOptions) => Promise<Credential>
  /** Takes a credential that nobody is given afterwards: one for each connection, so that a reconnect has a fresh one. */
  readonly take: (request: Request, options?: GetOptions) => Promise<Credential>
  /** Opens a WebSocket with a credential that it takes. */
  readonly open: (request: Request, options?: GetOptions & OpenOptions) => Promise<WebSocket>
  /** Forgets a credential that was refused where it was used. */
  readonly invalidate: (credential: Credential) => void
}

/**
 * Makes a source. It has no timers of its own: what is kept is renewed, in the background, when it is asked for in the last 30 % of its life, and callers wait
 * for the next one in the last 10 %.
 *
 * @category constructors
 * @since 0.1.0
 */
export const source = (options: Options): Source => {
  const scopes = new Map<string, Kept>()
  const flights = new Map<string, Promise<Kept>>()

  const mint = (scope: string): Promise<Kept> => {
    const deadline = AbortSignal.timeout(10_000)
    return until(ask(options, scope, deadline), deadline, new SourceError(silence))
  }

  /** The one mint for all who ask for the same. It goes on when they leave, as what it brings is kept. */
  const join = (scope: string): Promise<Kept> => {
    const flight =
      flights.get(scope) ??
      mint(scope)
        .then((found) => {
          if (found.credential.uses === "many") scopes.set(scope, found)
          return found
        })
        .finally(() => flights.delete(scope))
    flights.set(scope, flight)
    return flight
  }

  const get = async (request: Request, more?: GetOptions, alone = request.singleUse): Promise<Credential> => {
    const signal = more?.signal
    signal?.throwIfAborted()
    // In one order, without what is undefined; it is also what is sent.
    const scope = JSON.stringify(request, Object.keys(request).toSorted())
    const held = scopes.get(scope)
    const left = held ? held.left() : 0
    if (held && left > 0.1) {
      if (left < held.renew) {
        // A renewal that fails is tried again after a twentieth of the life.
        held.renew = left - 0.05
        join(scope).catch(() => {})
      }
      return held.credential
    }
    const found = await until(alone ? mint(scope) : join(scope), signal)
    // Another caller was faster to take what only one may have.
    if (found.taken) return get(request, more, true)
    found.taken = found.credential.uses === "once"
    return found.credential
  }

  const invalidate = (credential: Credential) =>
    scopes.forEach((kept, scope) => {
      if (kept.credential === credential) scopes.delete(scope)
    })

  const take: Source["take"] = async (request, more) => {
    const credential = await get(request, more)
    invalidate(credential)
    return credential
  }

  return { get, take, open: async (request, more) => open(await take(request, more), more), invalidate }
}

/** Waits for a promise or until the signal is aborted, whichever is first. */
const until = <A>(promise: Promise<A>, signal?: AbortSignal, reason?: Error): Promise<A> =>
  new Promise((resolve, reject) => {
    const leave = () => reject(reason ?? signal?.reason)
    signal?.addEventListener("abort", leave)
    promise.then(resolve, reject).finally(() => signal?.removeEventListener("abort", leave))
  })
