/**
 * The public keys of an issuer (JWKS), fetched when they are needed. jose parses and matches keys and fetches once at a time. This module bounds the fetch,
 * pauses after a failed one, and keeps good keys while the issuer is unreachable, none of which jose does.
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

/** In milliseconds: keys of this age are fetched again. */
const freshFor = Duration.toMillis("10 minutes")

/** In milliseconds: keys of this age are no longer used, even if the issuer is unreachable. */
const keptFor = Duration.toMillis("1 hour")

/** In milliseconds: the shortest time between two fetches for unknown keys. */
const cooldown = Duration.toMillis("30 seconds")

/** In milliseconds: the longest pause after a failed fetch; the shortest is half of it. */
const longestPause = 10_000

/** The key set is unavailable. The message gives the reason and nothing of the issuer's answer. */
export class KeySetError extends Schema.TaggedError<KeySetError>()("KeySetError", { problem: Schema.String }) {
  override get message(): string {
    return this.problem
  }
}

/** The time of the last good fetch, and the failure since then. Times are milliseconds of the monotonic clock. */
interface State {
  readonly fetchedAt: number
  readonly failure?: { readonly error: KeySetError; readonly until: number }
}

/** Makes the function that finds the key of a token. It rejects with `KeySetError`, or with jose's `JWKSNoMatchingKey` or `JWKSMultipleMatchingKeys`. */
export const make = Effect.fnUntraced(function* (url: string): Effect.fn.Return<JWTVerifyGetKey> {
  const clock = yield* Clock.Clock
  const run = Effect.runPromiseWith(yield* Effect.context())
  const keys = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
    [customFetch]: () => run(fetchKeys(url))
  })
  const now = () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
  let state: State = { fetchedAt: -Infinity }

  const reload = async (): Promise<void> => {
    if (state.failure !== undefined && now() < state.failure.until) throw state.failure.error
    try {
      await keys.reload()
      state = { fetchedAt: now() }
    } catch (cause) {
      const error = cause instanceof KeySetError ? cause : unreadable()
      state = { ...state, failure: { error, until: now() + longestPause * (0.5 + Math.random() / 2) } }
      throw error
    }
  }
  const refresh = async (): Promise<void> => {
    const age = now() - state.fetchedAt
    if (age < freshFor) return
    const hasFailed = state.failure !== undefined
    const reloading = reload()
    if (age >= keptFor) return reloading
    const ended = reloading.catch(() => undefined)
    // After a failed fetch, the next one runs in the background as long as the known keys are good.
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
      if (!(error instanceof errors.JWKSNoMatchingKey) || now() - state.fetchedAt < cooldown) throw error
      // The issuer may have added the key.
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

const tooLarge = keySetError(`the key set is larger than ${maxBytes / 1024} KiB`)

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
  let size = 0
  const bound = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      size += chunk.length
      if (size > maxBytes) controller.error(tooLarge())
      else controller.enqueue(chunk)
    }
  })
  return new Response(response.body.pipeThrough(bound)).text()
}
