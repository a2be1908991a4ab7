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
import { ask, type Kept } from "./source/Ask.ts"
import { until } from "./source/Until.ts"

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
 * Hands out credentials. Every promise is settled within some ten seconds; it rejects with a `SourceError`, with the reason of the caller's signal, as the
 * app's own `headers` do, or with a `TypeError` where these cannot be sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source {
  /** Gets a credential, which others may be given too unless it is good for one use: for calls over HTTP, and to have one ready. */
  readonly get: (request: Request, options?: GetOptions) => Promise<Credential>
  /**
   * Takes a credential that no other `take` has and that nobody is given afterwards: one for each connection, so that a reconnect has a fresh one. It takes what
   * `get` made ready, where there is that.
   */
  readonly take: (request: Request, options?: GetOptions) => Promise<Credential>
  /** Opens a WebSocket with a credential that it takes. */
  readonly open: (request: Request, options?: GetOptions & OpenOptions) => Promise<WebSocket>
  /** Forgets a credential, by its token, that was refused where it was used. */
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
  let kept: ReadonlyArray<Kept> = []
  const flights: Record<string, Promise<Kept> | undefined> = {}

  /** The one mint for all who ask for the same. It goes on when they leave, as what it brings is kept. */
  const join = (scope: string): Promise<Kept> =>
    (flights[scope] ??= ask(options, scope)
      .then((found) => {
        kept = [found, ...kept]
        return found
      })
      .finally(() => {
        flights[scope] = undefined
      }))

  const get = async (request: Request, { signal }: GetOptions = {}, alone?: boolean): Promise<Credential> => {
    signal?.throwIfAborted()
    kept = kept.filter((one) => !one.taken && one.left() > 0.1)
    // In one order, without what is undefined; it is also what is sent.
    const scope = JSON.stringify(request, Object.keys(request).toSorted())
    const held = kept.find((one) => one.scope === scope)
    if (held && held.left() < held.renew) {
      // A renewal that fails is tried again when another twentieth of the life is over.
      held.renew -= 0.05
      join(scope).catch(() => {})
    }
    const found = held ?? (await until(alone ? ask(options, scope) : join(scope), signal))
    // Another caller was faster to take what only one may have.
    if (found.taken) return get(request, { signal }, true)
    found.taken = alone || found.credential.uses === "once"
    return found.credential
  }

  return {
    open: async (request, more) => open(await get(request, more, true), more),
    take: (request, more) => get(request, more, true),
    invalidate: (credential) => {
      kept = kept.filter((one) => one.credential.token !== credential.token)
    },
    get
  }
}
