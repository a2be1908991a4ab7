/**
 * A source of credentials in a browser. It asks the app's token endpoint, once for all callers that wait for the same, keeps credentials for many uses and renews
 * them ahead of their end, and hands out a credential for one use once.
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
 */
import { open, type OpenOptions } from "./Connect.ts"
import { ConnectionError } from "./ConnectionError.ts"
import type { Credential, Request } from "./Credential.ts"
import { requireEncryption } from "./EncryptedUrl.ts"
import type { Options } from "./source/Options.ts"
import { begin, type Kept, type PendingMint } from "./source/PendingMint.ts"
import { reasonOf } from "./source/Until.ts"

/** How long a caller waits. */
export interface GetOptions {
  /** Ends the wait. The mint goes on for the others who wait and for the next caller; for the purpose `"agent"` it is stopped when nobody waits any more. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Hands out credentials. Every promise of `get` and `take` is settled within some ten seconds; it rejects with a `SourceError`, with the reason of the caller's
 * signal, as the app's own `headers` do, or with a `TypeError` where these cannot be sent. A single-use credential is never handed out twice.
 */
export interface Source {
  /** Gets a credential, which other callers get too unless it is single-use: for calls over HTTP, and to have one ready. */
  readonly get: (request: Request, options?: GetOptions) => Promise<Credential>
  /**
   * Takes a credential for one connection: one that `get` made ready, or else a new answer of the endpoint. The endpoint may give a credential for many uses to other
   * connections of the same subject and scope too.
   */
  readonly take: (request: Request, options?: GetOptions) => Promise<Credential>
  /**
   * Opens a WebSocket with a credential that it takes, and resolves when the socket is open. It rejects as `take` does, and with a `ConnectionError` where the
   * socket does not open or the signal is aborted. It invalidates a credential whose socket was refused or closed before it was open.
   */
  readonly open: (request: Request, options?: GetOptions & OpenOptions) => Promise<WebSocket>
  /**
   * Drops a credential, by its token, that was refused where it was used. The next request of its scope tells the endpoint its fingerprint, so that the endpoint
   * drops it too and returns another one.
   */
  readonly invalidate: (credential: Credential) => void
}

/**
 * Makes a source. It renews a kept credential in the background when one asks for it in the last 30 % of its life; in the last 10 %, callers wait for the next
 * one. It throws a `TypeError` where the endpoint is not `https://`, except on loopback.
 */
export const source = (options: Options): Source => {
  // Where there is no page that it could be relative to, `fetch` refuses it.
  requireEncryption(new URL(String(options.endpoint), globalThis.location?.href ?? "https://page").href)
  let kept: ReadonlyArray<Kept> = []
  let pending: ReadonlyArray<PendingMint> = []
  /** The tokens that are not handed out again: single-use ones that arrived, and refused ones. */
  const spent = new Set<string>()
  /** The fingerprints that the endpoint is to be told, by scope. */
  const refused = new Map<string, string>()

  /** Whether the credential has a fingerprint that can be reported, as those of an app's own endpoint may not. */
  const report = (scope: string, { fingerprint = "" }: Credential): boolean => {
    const canBe = /^[\da-f]{16}$/.test(fingerprint)
    if (canBe) refused.set(scope, fingerprint)
    return canBe
  }

  const start = (scope: string, minRemaining: number | undefined): PendingMint => {
    let told: string | undefined
    const mint = begin(
      options,
      {
        scope,
        minRemaining,
        body: () => {
          told = refused.get(scope)
          return JSON.stringify({ ...JSON.parse(scope), minRemainingSeconds: minRemaining, refused: told })
        },
        accepts: (credential) => {
          if (spent.has(credential.token)) {
            report(scope, credential)
            return false
          }
          if (refused.get(scope) === told) refused.delete(scope)
          if (credential.uses === "once") spent.add(credential.token)
          return true
        }
      },
      {
        arrived: (one) => {
          kept = [one, ...kept]
        },
        ended: (ending) => {
          pending = pending.filter((one) => one !== ending)
        }
      }
    )
    pending = [...pending, mint]
    return mint
  }

  /** Joins the mint that brings what is asked for where it is shared or everybody has left it, or else starts one. */
  const join = (scope: string, minRemaining: number | undefined, isAlone: boolean): PendingMint =>
    pending.find(
      (one) =>
        one.scope === scope && one.minRemaining === minRemaining && (!one.callers() || !(isAlone || one.isAlone()))
    ) ?? start(scope, minRemaining)

  const get = async (request: Request, { signal }: GetOptions = {}, isAlone = false): Promise<Credential> => {
    if (signal?.aborted) throw reasonOf(signal)
    const { minRemainingSeconds, ...asked } = request
    // In one order, without what is undefined.
    const scope = JSON.stringify(asked, Object.keys(asked).toSorted())
    kept = kept.filter((one) => one.left() > 0)
    const held = kept.find(
      (one) =>
        one.scope === scope && !one.taken && one.left() > Math.max(one.life * 0.1, (minRemainingSeconds ?? 0) * 1000)
    )
    if (held && held.left() < held.life * held.renew) {
      // A renewal that fails is tried again when another twentieth of the life is over.
      held.renew -= 0.05
      join(scope, minRemainingSeconds, false)
    }
    const { purpose } = request
    const found = held ?? (await join(scope, minRemainingSeconds, isAlone).wait({ purpose, isAlone, signal }))
    // Another caller was faster to take what only one may have.
    if (found.taken && !isAlone) return get(request, { signal }, true)
    found.taken = isAlone || found.credential.uses === "once"
    return found.credential
  }

  const invalidate = (credential: Credential): void => {
    const { token } = credential
    for (const one of kept) {
      if (one.credential.token === token && report(one.scope, one.credential)) spent.add(token)
    }
    kept = kept.filter((one) => one.credential.token !== token)
  }

  return {
    get,
    take: (request, more) => get(request, more, true),
    invalidate,
    open: async (request, more) => {
      const credential = await get(request, more, true).catch((cause: unknown) => {
        throw more?.signal?.aborted ? new ConnectionError({ kind: "aborted" }, { cause }) : cause
      })
      try {
        return await open(credential, more)
      } catch (error) {
        if (error instanceof ConnectionError && /refused|closed/.test(error.failure.kind)) invalidate(credential)
        throw error
      }
    }
  }
}
