/** Waits that can be aborted. */

/**
 * Waits for a promise or for the abort of a signal. At the abort, it calls `leave` at once and rejects with the reason
 * that `leave` returns.
 */
export const until = <A>(promise: Promise<A>, signal: AbortSignal | undefined, leave: () => unknown): Promise<A> =>
  new Promise((resolve, reject) => {
    const left = () => reject(leave())
    signal?.addEventListener("abort", left)
    promise.finally(() => signal?.removeEventListener("abort", left)).then(resolve, reject)
  })

/** Returns the reason of an aborted signal, or an `AbortError` on platforms without reasons, such as React Native. */
export const reasonOf = (signal: AbortSignal | undefined): unknown =>
  signal?.reason ?? Object.assign(new Error("aborted"), { name: "AbortError" })
