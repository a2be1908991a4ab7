/**
 * Waiting that ends.
 *
 * @since 0.1.0
 */

/**
 * Waits for a promise or until the signal is aborted, whichever is first; then it rejects with the signal's reason.
 *
 * @category combinators
 * @since 0.1.0
 */
export const until = <A>(
  promise: Promise<A>,
  signal: AbortSignal | undefined,
  why: { readonly reason: unknown } | undefined = signal
): Promise<A> =>
  new Promise((resolve, reject) => {
    const leave = () => reject(why?.reason)
    signal?.addEventListener("abort", leave)
    promise.then(resolve, reject).finally(() => signal?.removeEventListener("abort", leave))
  })
