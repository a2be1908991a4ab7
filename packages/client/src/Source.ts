/**
 * A source of credentials in a browser. It requests them from the app's token endpoint, once for all callers with the
 * same request. It keeps multi-use credentials, renews them before they expire, and returns a single-use credential
 * once.
 *
 * ```ts
 * import { source } from "@tempcred/client"
 *
 * const credentials = source({
 *   endpoint: "/v1/credentials",
 *   headers: async () => ({ authorization: "Bearer of-the-app" })
 * })
 * // The page shows its microphone, and the user presses it later.
 * const show = () => credentials.prefetch({ purpose: "stt.realtime" })
 * const press = () => credentials.open({ purpose: "stt.realtime" }, { first: { model: "stt-rt-v5", audio_format: "auto" } })
 * console.log(typeof show, typeof press) // => function function
 * ```
 */
import { open, type OpenOptions } from "./Connect.ts"
import { ConnectionError } from "./ConnectionError.ts"
import type { Credential, Request } from "./Credential.ts"
import { requireEncryption } from "./EncryptedUrl.ts"
import type { Options } from "./source/Options.ts"
import { begin, type Kept, type PendingMint } from "./source/PendingMint.ts"
import { reasonOf } from "./source/Until.ts"

/** Options of one call. */
export interface GetOptions {
  /**
   * Stops the wait. The mint continues for other callers and for the next one. For the purpose `"agent"`, it is
   * cancelled when no caller is left.
   */
  readonly signal?: AbortSignal | undefined
}

/** Options of a prefetch. */
export interface PrefetchOptions {
  /** The time for which the unused credential is kept, in seconds. @default until the last tenth of its lifetime */
  readonly keepSeconds?: number | undefined
  /**
   * Also prefetches credentials that serve only one connection, although they may stay unused: those for the purpose
   * `"agent"`, whose mint may begin a conversation at the vendor, and single-use ones.
   *
   * @default false
   */
  readonly allowUnused?: boolean | undefined
}

/**
 * A source of credentials. Promises of `get` and `take` settle within about ten seconds. They reject with a
 * `SourceError`, with the reason of the caller's signal, with the error of the app's own `headers`, or with a
 * `TypeError` if these cannot be sent. A single-use credential is never returned twice.
 */
export interface Source {
  /**
   * Gets a credential, for calls over HTTP and to prepare one. Other callers get the same one, unless it is single-use.
   */
  readonly get: (request: Request, options?: GetOptions) => Promise<Credential>
  /**
   * Takes a credential for one connection: the one that `get` prepared, or a new one from the endpoint. The endpoint
   * can return a multi-use credential to other connections of the same subject and scope too.
   */
  readonly take: (request: Request, options?: GetOptions) => Promise<Credential>
  /**
   * Requests a credential before it is needed. The next `get`, `take` or `open` with an equal request uses it at once,
   * or waits for the pending request. It does nothing if such a credential is kept or pending already. It never throws
   * or rejects: after a failure, the next call sends its own request.
   *
   * Without `allowUnused`, it does nothing for the purpose `"agent"`, for a request with `singleUse`, and once the
   * endpoint has answered an equal request with a single-use credential. The first of these is kept for one caller.
   */
  readonly prefetch: (request: Request, options?: PrefetchOptions) => void
  /**
   * Takes a credential, opens a WebSocket with it, and resolves when the socket is open. It rejects as `take` does, and
   * with a `ConnectionError` if the socket does not open or the signal is aborted. If the socket is refused, or closed
   * before it is open, it invalidates a credential that was issued 30 seconds ago or earlier. A fresh one is not the
   * reason, as a rule: the vendor may be unreachable.
   */
  readonly open: (request: Request, options?: GetOptions & OpenOptions) => Promise<WebSocket>
  /**
   * Drops a credential that a vendor refused. The next request of its scope sends its fingerprint, so that the endpoint
   * drops it too and returns another one. It does nothing for a credential that this source did not return, or that has
   * expired: after a reload, request the credential again before you invalidate it.
   */
  readonly invalidate: (credential: Credential) => void
}

/**
 * Makes a source. A call in the last 30 % of a credential's lifetime renews it in the background; in the last 10 %,
 * callers wait for the next one. Throws a `TypeError` if the endpoint is not `https://`, except on loopback.
 */
export const source = (options: Options): Source => {
  // Without a page, `fetch` refuses a relative URL.
  requireEncryption(new URL(String(options.endpoint), globalThis.location?.href ?? "https://page").href)
  let kept: ReadonlyArray<Kept> = []
  let pending: ReadonlyArray<PendingMint> = []
  /** The tokens that are not returned again: received single-use ones, and refused ones. */
  const spent = new Set<string>()
  /** The scopes for which the endpoint returned a single-use credential. */
  const onlyOnce = new Set<string>()
  /** The fingerprints to send to the endpoint, by scope. */
  const refused = new Map<string, string>()

  /** Tells whether the credential has a fingerprint; an app's own endpoint may send none. */
  const report = (scope: string, { fingerprint = "" }: Credential): boolean => {
    const canBe = /^[\da-f]{16}$/.test(fingerprint)
    if (canBe) refused.set(scope, fingerprint)
    return canBe
  }

  const start = (scope: string, minRemaining: number | undefined, keepSeconds?: number): PendingMint => {
    let told: string | undefined
    const mint = begin(
      options,
      {
        scope,
        minRemaining,
        keepSeconds,
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
          if (credential.uses === "once") {
            spent.add(credential.token)
            onlyOnce.add(scope)
          }
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

  /** Joins a matching mint that is shared or has no callers left, or starts a new one. */
  const join = (scope: string, minRemaining: number | undefined, isAlone: boolean, keepSeconds?: number): PendingMint =>
    pending.find(
      (one) =>
        one.scope === scope && one.minRemaining === minRemaining && (!one.callers() || !(isAlone || one.isAlone()))
    ) ?? start(scope, minRemaining, keepSeconds)

  /** Finds a kept credential. One that is near its end is renewed in the background. */
  const find = (scope: string, minRemaining: number | undefined): Kept | undefined => {
    kept = kept.filter((one) => one.left() > Math.max(0, one.dropAt))
    const held = kept.find(
      (one) => one.scope === scope && !one.taken && one.left() > Math.max(one.life * 0.1, (minRemaining ?? 0) * 1000)
    )
    if (held && held.left() < held.life * held.renew) {
      // A failed renewal is tried again after another twentieth of the lifetime.
      held.renew -= 0.05
      join(scope, minRemaining, false)
    }
    return held
  }

  const get = async (request: Request, { signal }: GetOptions = {}, isAlone = false): Promise<Credential> => {
    if (signal?.aborted) throw reasonOf(signal)
    const [scope, minRemaining] = scopeOf(request)
    let found = find(scope, minRemaining)
    if (!found) {
      const mint = join(scope, minRemaining, isAlone)
      try {
        found = await mint.wait({ purpose: request.purpose, isAlone, signal })
      } catch (error) {
        if (mint.isPrefetch && !signal?.aborted) return get(request, { signal }, isAlone)
        throw error
      }
    }
    // Another caller took the credential first.
    if (found.taken && !isAlone) return get(request, { signal }, true)
    found.taken = isAlone || found.credential.uses === "once"
    found.dropAt = 0
    return found.credential
  }

  const prefetch = (request: Request, { allowUnused, keepSeconds = Infinity }: PrefetchOptions = {}): void => {
    const [scope, minRemaining] = scopeOf(request)
    const isForOne = request.purpose === "agent" || request.singleUse || onlyOnce.has(scope)
    if (isForOne && !allowUnused) return
    const held = find(scope, minRemaining)
    if (held) held.dropAt = Math.min(held.dropAt, held.left() - keepSeconds * 1000)
    else join(scope, minRemaining, false, keepSeconds)
  }

  /** Drops a credential, and reports it if its refusal is certain or it is old. */
  const drop = ({ token }: Credential, isCertain: boolean): void => {
    kept = kept.filter((one) => {
      const isOther = one.credential.token !== token
      if (!isOther && (isCertain || one.left() < one.old) && report(one.scope, one.credential)) spent.add(token)
      return isOther
    })
  }

  return {
    get,
    prefetch,
    take: (request, more) => get(request, more, true),
    invalidate: (credential) => drop(credential, true),
    open: async (request, more) => {
      // A caller that leaves in the same task, as with React's StrictMode, takes nothing.
      await Promise.resolve()
      const credential = await get(request, more, true).catch((cause: unknown) => {
        throw more?.signal?.aborted ? new ConnectionError({ kind: "aborted" }, { cause }) : cause
      })
      try {
        return await open(credential, more)
      } catch (error) {
        // The vendor may be unreachable: reports of fresh credentials would make every reconnect a mint.
        if (error instanceof ConnectionError && /refused|closed/.test(error.failure.kind)) drop(credential, false)
        throw error
      }
    }
  }
}

/** Returns the scope of a request, and the least remaining lifetime. The scope is sorted and has no undefined fields. */
const scopeOf = ({
  minRemainingSeconds,
  ...asked
}: Request): readonly [scope: string, minRemaining: number | undefined] => [
  JSON.stringify(asked, Object.keys(asked).toSorted()),
  minRemainingSeconds
]
