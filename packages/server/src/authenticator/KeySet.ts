/**
 * The public keys that an issuer publishes, fetched when they are needed: within a time and a size, over an encrypted connection, and without following
 * redirects.
 *
 * @since 0.1.0
 */
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose"

/** In milliseconds. */
const timeout = 5000

const maxBytes = 262_144

/**
 * The keys cannot be had; the message says why, and nothing of what was answered.
 *
 * @category errors
 * @since 0.1.0
 */
export class KeySetError extends Error {}

/**
 * Makes what finds the key of a token. It fails with what `jose` throws where no key fits, and else with a `KeySetError`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (url: string): JWTVerifyGetKey => {
  const keys = createRemoteJWKSet(new URL(url), { timeoutDuration: timeout, [customFetch]: fetchKeys })
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error
      throw new KeySetError(problemOf(error))
    }
  }
}

const problemOf = (error: unknown): string => {
  if (error instanceof KeySetError) return error.message
  const isLate = error instanceof errors.JWKSTimeout
  return isLate ? `the key set did not come within ${timeout / 1000} seconds` : "the key set cannot be read"
}

const fetchKeys = async (url: string, init: RequestInit): Promise<Response> => {
  try {
    return await boundedFetch(url, init)
  } catch (error) {
    // What `jose` knows as its own time-out is left to it.
    const isTold = error instanceof KeySetError || (error instanceof Error && error.name === "TimeoutError")
    throw isTold ? error : new KeySetError("the key set cannot be reached")
  }
}

const boundedFetch = async (url: string, init: RequestInit): Promise<Response> => {
  const response = await fetch(url, { ...init, cache: "no-store", credentials: "omit" })
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel()
    throw new KeySetError(`the key set was answered with status ${response.status}`)
  }
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ""
  let size = 0
  while (true) {
    const { done, value } = await reader.read()
    if (done) return new Response(text + decoder.decode())
    size += value.length
    if (size > maxBytes) {
      await reader.cancel()
      throw new KeySetError(`the key set is larger than ${maxBytes / 1024} KiB`)
    }
    text += decoder.decode(value, { stream: true })
  }
}
