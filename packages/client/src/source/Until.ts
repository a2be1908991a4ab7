/** Waiting that ends. */

/**
 * Waits for a promise or until the signal is aborted, whichever is first. At the abort it calls `leave` at once and rejects with the reason that `leave` returns.
 */
export const until = <A>(promise: Promise<A>, signal: AbortSignal | undefined, leave: () => unknown): Promise<A> =>
  new Promise((resolve, reject) => {
    const left = () => reject(leave())
    signal?.addEventListener("abort", left)
    promise.finally(() => signal?.removeEventListener("abort", left)).then(resolve, reject)
  })

/** Reads the reason of an aborted signal. Polyfills, such as that of React Native, have none: there it is an `AbortError`. */
export const reasonOf = (signal: AbortSignal | undefined): unknown =>
  signal?.reason ?? Object.assign(new Error("aborted"), { name: "AbortError" })
