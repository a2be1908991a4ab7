/**
 * An answer on its way in: where reading stops, and what a failure on the way is called.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import { InvalidResponseError, TransportError } from "../TempCredentialError.ts"
import type { Answer } from "../Transport.ts"

/**
 * What a platform tells of an answer as it comes in. `begin` and `piece` give false where no more is wanted; then the platform closes the
 * socket.
 *
 * @category models
 * @since 0.1.0
 */
export interface Receiver {
  /** Names of headers are in small letters. */
  readonly begin: (status: number, headers: Answer["headers"]) => boolean
  readonly piece: (bytes: Uint8Array) => boolean
  readonly end: () => void
  /** There is no answer, or no more of it; what comes after the first word on the end is not heard. */
  readonly fail: (cause: unknown) => void
}

/**
 * Who waits for an answer.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reader {
  readonly read: (answer: Pick<Answer, "status" | "headers" | "text">) => void
  readonly failed: (error: TransportError | InvalidResponseError) => void
}

/**
 * Says what is wrong with an answer before its body is read: a redirect, which is not followed, or a length over the limit.
 *
 * @category guards
 * @since 0.1.0
 */
export const refuse = (
  status: number,
  headers: Answer["headers"],
  maxBytes: number
): InvalidResponseError | undefined => {
  if (status >= 300 && status < 400) return new InvalidResponseError({ status, detail: "redirects are not followed" })
  return Number(headers["content-length"] ?? 0) > maxBytes ? tooLarge(status, maxBytes) : undefined
}

const tooLarge = (status: number, maxBytes: number): InvalidResponseError =>
  new InvalidResponseError({ status, detail: `the answer is over ${maxBytes} bytes` })

/**
 * A body on its way in.
 *
 * @category models
 * @since 0.1.0
 */
export interface Body {
  /** Takes a piece, or says that it is one too many. */
  readonly take: (bytes: Uint8Array) => InvalidResponseError | undefined
  /** All that was taken, as text. */
  readonly text: () => string
}

/**
 * Makes an empty body of an answer with this status, of at most so many bytes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeBody = (status: number, maxBytes: number): Body => {
  const decoder = new TextDecoder()
  let size = 0
  let text = ""
  return {
    take: (bytes) => {
      size += bytes.length
      if (size > maxBytes) return tooLarge(status, maxBytes)
      text += decoder.decode(bytes, { stream: true })
      return undefined
    },
    text: () => text + decoder.decode()
  }
}

/**
 * Makes the error of an exchange that the platform broke off, before or after the first byte of the answer.
 *
 * @category constructors
 * @since 0.1.0
 */
export const broken = (cause: unknown, begun: boolean): TransportError =>
  new TransportError({
    timedOut: false,
    ...platformCode(cause),
    ...(begun ? { detail: "the answer was cut off" } : {})
  })

/** `ECONNREFUSED` and its kin, from wherever the platform put it; nothing else of a cause is kept, as it may hold the request. */
const platformCode = (cause: unknown, depth = 0): { readonly code?: string } => {
  if (!Predicate.isObject(cause) || depth > 4) return {}
  if ("code" in cause && typeof cause.code === "string" && /^[A-Z][A-Z0-9_]+$/.test(cause.code)) {
    return { code: cause.code }
  }
  return "cause" in cause ? platformCode(cause.cause, depth + 1) : {}
}

/**
 * Makes the receiver of one answer.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (maxBytes: number, { failed, read }: Reader): Receiver => {
  let begun: (Pick<Answer, "status" | "headers"> & { readonly body: Body }) | undefined
  const goesOn = (error: InvalidResponseError | undefined): boolean => {
    if (error !== undefined) failed(error)
    return error === undefined
  }
  return {
    begin: (status, headers) => {
      begun = { status, headers, body: makeBody(status, maxBytes) }
      return goesOn(refuse(status, headers, maxBytes))
    },
    piece: (bytes) => goesOn(begun?.body.take(bytes)),
    end: () => {
      if (begun === undefined) return failed(broken(undefined, false))
      const { body, headers, status } = begun
      read({ status, headers, text: body.text() })
    },
    fail: (cause) => failed(broken(cause, begun !== undefined))
  }
}
