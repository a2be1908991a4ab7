/**
 * The public keys that an issuer publishes, fetched when they are needed: one fetch at a time, within a time and a size, over an encrypted connection, and without
 * following redirects. A fetch that failed is not tried again for some seconds, and keys that were good are kept for a while when they cannot be fetched anew.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose"

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

/**
 * The keys cannot be had; the message says why, and nothing of what was answered.
 *
 * @category errors
 * @since 0.1.0
 */
export class KeySetError extends Schema.TaggedError<KeySetError>()("KeySetError", { problem: Schema.String }) {
  override get message(): string {
    return this.problem
  }
}

/**
 * No key of the set fits a token, or several do: `code` is how `jose` calls that.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnknownKeyError extends Schema.TaggedError<UnknownKeyError>()("UnknownKeyError", {
  code: Schema.String
}) {}

interface Held {
  readonly keyOf: JWTVerifyGetKey
  /** In milliseconds of the monotonic clock. */
  readonly since: number
}

interface Failure {
  readonly error: KeySetError
  readonly until: number
}

const millis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

/**
 * Makes what finds the key of a token. It fails with an `UnknownKeyError` or a `KeySetError`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (url: string): Effect.fn.Return<JWTVerifyGetKey> {
  const run = Effect.runPromiseWith(yield* Effect.context())
  const find = finding(url)
  return (...token) => run(find(...token))
})

const finding = (url: string) => {
  let held: Held | undefined
  let failure: Failure | undefined
  let flight: Deferred.Deferred<Held, KeySetError> | undefined

  const fetching = Effect.gen(function* () {
    const fetched = yield* Effect.result(fetchKeys(url))
    const now = yield* millis
    if (Result.isFailure(fetched)) {
      failure = { error: fetched.failure, until: now + longestPause * (0.5 + (yield* Random.next) / 2) }
      return yield* fetched.failure
    }
    failure = undefined
    held = { keyOf: fetched.success, since: now }
    return held
  })
  /** Begins to fetch, unless that is under way; whoever asked may leave meanwhile. */
  const begin = Effect.uninterruptible(
    Effect.suspend(() => {
      if (flight !== undefined) return Effect.succeed(flight)
      const begun = Deferred.makeUnsafe<Held, KeySetError>()
      flight = begun
      const ended = Effect.sync(() => void (flight = undefined))
      return Effect.as(Effect.forkDetach(Deferred.into(Effect.ensuring(fetching, ended), begun)), begun)
    })
  )
  const refreshed = Effect.flatMap(begin, Deferred.await)

  const current = Effect.gen(function* () {
    const now = yield* millis
    if (held !== undefined && now - held.since < freshFor) return held
    const kept = held !== undefined && now - held.since < keptFor ? held : undefined
    if (failure === undefined) {
      return yield* kept === undefined ? refreshed : Effect.orElseSucceed(refreshed, () => kept)
    }
    if (kept !== undefined) {
      if (now >= failure.until) yield* begin
      return kept
    }
    return yield* now < failure.until ? Effect.fail(failure.error) : refreshed
  })

  return (...token: Parameters<JWTVerifyGetKey>) => {
    const among = ({ keyOf }: Held) => Effect.tryPromise({ try: async () => keyOf(...token), catch: misfit })
    return Effect.gen(function* () {
      const keys = yield* current
      return yield* Effect.catchTag(
        among(keys),
        "UnknownKeyError",
        Effect.fnUntraced(function* (unknown) {
          const now = yield* millis
          const isSettled = unknown.code !== errors.JWKSNoMatchingKey.code || now - keys.since < settledFor
          if (isSettled) return yield* unknown
          // Nobody can tell whether the key is a new one.
          if (failure !== undefined && now < failure.until) return yield* failure.error
          return yield* Effect.flatMap(refreshed, among)
        })
      )
    })
  }
}

const keySetError = (problem: string) => () => new KeySetError({ problem })

const unreachable = keySetError("the key set cannot be reached")

const unreadable = keySetError("the key set cannot be read")

const misfit = (error: unknown): UnknownKeyError | KeySetError =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys
    ? new UnknownKeyError({ code: error.code })
    : unreadable()

const late = keySetError(`the key set did not come within ${Duration.toSeconds(timeout)} seconds`)

const fetchKeys = (url: string): Effect.Effect<JWTVerifyGetKey, KeySetError> =>
  Effect.tryPromise({
    try: (signal) => boundedFetch(url, signal),
    catch: (error) => (error instanceof KeySetError ? error : unreachable())
  }).pipe(
    Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(late()) }),
    Effect.flatMap((text) => Effect.try({ try: () => createLocalJWKSet(parse(text)), catch: unreadable }))
  )

/** What it holds is checked by `jose`. */
const parse = (text: string): JSONWebKeySet => JSON.parse(text)

const boundedFetch = async (url: string, signal: AbortSignal): Promise<string> => {
  const headers = { accept: "application/json, application/jwk-set+json" }
  const response = await fetch(url, { signal, headers, redirect: "manual", cache: "no-store", credentials: "omit" })
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
