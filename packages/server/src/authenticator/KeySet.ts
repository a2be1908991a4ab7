/**
 * The public keys that an issuer publishes, fetched when they are needed: one fetch at a time, within a time and a size, over an encrypted connection, and without
 * following redirects. A fetch that failed is not tried again for some seconds, and keys that were good are kept for a while when they cannot be fetched anew.
 */
import { fetchOptions } from "@tempcred/core/Transport"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose"

/** Bound on one fetch, headers and body together. */
const timeout = Duration.seconds(5)

const maxBytes = 262_144

/** In milliseconds: how long keys are used before they are fetched anew. */
const freshFor = Duration.toMillis("10 minutes")

/** In milliseconds: how long keys are used while they cannot be fetched anew. */
const keptFor = Duration.toMillis("1 hour")

/** In milliseconds: how long a key that the set does not hold is one that nobody knows. */
const settledFor = Duration.toMillis("30 seconds")

/** In milliseconds, halved or less by chance: how long a fetch that failed is not tried again. */
const longestPause = 10_000

/** The keys cannot be had; the message says why, and nothing of what was answered. */
export class KeySetError extends Schema.TaggedError<KeySetError>()("KeySetError", { problem: Schema.String }) {
  override get message(): string {
    return this.problem
  }
}

/**
 * Makes what finds the key of a token. It rejects with a `KeySetError`, or with jose's `JWKSNoMatchingKey` or `JWKSMultipleMatchingKeys`. jose fetches once at a
 * time, reads and matches keys. Ages and pauses are kept here, as jose has no pause after a fetch that failed and keeps no keys meanwhile.
 */
export const make = Effect.fnUntraced(function* (url: string): Effect.fn.Return<JWTVerifyGetKey> {
  const clock = yield* Clock.Clock
  const run = Effect.runPromiseWith(yield* Effect.context())
  const keys = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
    [customFetch]: () => run(fetchKeys(url))
  })
  const now = () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
  let since = -Infinity
  let failure: { readonly error: KeySetError; readonly until: number } | undefined

  const reload = async (): Promise<void> => {
    if (failure !== undefined && now() < failure.until) throw failure.error
    try {
      await keys.reload()
      since = now()
      failure = undefined
    } catch (cause) {
      const error = cause instanceof KeySetError ? cause : unreadable()
      failure = { error, until: now() + longestPause * (0.5 + Math.random() / 2) }
      throw error
    }
  }
  const refresh = async (): Promise<void> => {
    const age = now() - since
    if (age < freshFor) return
    const hasFailed = failure !== undefined
    const reloading = reload()
    if (age >= keptFor) return reloading
    const ended = reloading.catch(() => undefined)
    // Once a fetch has failed, nobody waits for the next one while known keys are good.
    if (!hasFailed) await ended
  }
  const find: JWTVerifyGetKey = async (...token) => {
    try {
      return await keys(...token)
    } catch (error) {
      throw isMisfit(error) ? error : unreadable()
    }
  }
  return async (...token) => {
    await refresh()
    try {
      return await find(...token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || now() - since < settledFor) throw error
      // The key may be a new one.
      await reload()
      return find(...token)
    }
  }
})

const isMisfit = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys

const keySetError = (problem: string) => () => new KeySetError({ problem })

const unreachable = keySetError("the key set cannot be reached")

const unreadable = keySetError("the key set cannot be read")

const late = keySetError(`the key set did not come within ${Duration.toSeconds(timeout)} seconds`)

const fetchKeys = (url: string): Effect.Effect<Response, KeySetError> =>
  Effect.tryPromise({
    try: (signal) => boundedFetch(url, signal),
    catch: (error) => (error instanceof KeySetError ? error : unreachable())
  }).pipe(
    Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(late()) }),
    Effect.map((text) => new Response(text))
  )

const boundedFetch = async (url: string, signal: AbortSignal): Promise<string> => {
  const headers = { accept: "application/json, application/jwk-set+json" }
  const response = await fetch(url, { ...fetchOptions(), signal, headers })
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel()
    throw new KeySetError({ problem: `the key set was answered with status ${response.status}` })
  }
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ""
  let size = 0
  while (true) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.length
    if (size > maxBytes) {
      await reader.cancel()
      throw new KeySetError({ problem: `the key set is larger than ${maxBytes / 1024} KiB` })
    }
    text += decoder.decode(value, { stream: true })
  }
}
