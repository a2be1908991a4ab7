/** Reads responses: limits their size, decompresses them and makes errors. */
import { InvalidResponseError, type TransportError } from "../TempCredentialError.ts"
import { decompress, join } from "./Decompression.ts"
import type { Answer, Receiver } from "./Exchange.ts"
import { broken, type Way } from "./Failure.ts"

/** The callbacks for a complete response and for an error. */
export interface Reader {
  readonly read: (answer: Pick<Answer, "status" | "headers" | "text">) => void
  readonly failed: (error: TransportError | InvalidResponseError) => void
}

/**
 * Returns the error of a response whose body must not be read: a redirect, or a `content-length`
 * over the limit.
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
  new InvalidResponseError({ status, detail: `the response is over ${maxBytes} bytes` })

/** A body that is being received. */
export interface Body {
  /** Adds a piece, or returns the error of a body over the limit. */
  readonly take: (bytes: Uint8Array) => InvalidResponseError | undefined
  /** Returns the body as text, or an error if the body is too large after decompression. */
  readonly text: () => string | Promise<string | InvalidResponseError>
}

/**
 * Makes an empty body with a maximum size. `status` is for errors. `encoding` is the `content-encoding`
 * if the platform has not decompressed the body.
 */
export const makeBody = (status: number, encoding: string | undefined, maxBytes: number): Body => {
  const pieces: Array<Uint8Array> = []
  let size = 0
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
  const decompressed = async (bytes: Uint8Array<ArrayBuffer>, as: string) => {
    const whole = await decompress(bytes, as, maxBytes)
    return whole === undefined ? tooLarge(status, maxBytes) : text(whole)
  }
  return {
    take: (bytes) => {
      size += bytes.length
      if (size > maxBytes) return tooLarge(status, maxBytes)
      pieces.push(bytes)
      return undefined
    },
    text: () => {
      const [only] = pieces
      if (encoding !== undefined && encoding !== "" && encoding !== "identity") {
        return decompressed(join(pieces, size), encoding)
      }
      return text(pieces.length === 1 && only !== undefined ? only : join(pieces, size))
    }
  }
}

/** Makes the receiver of one response. */
export const make = (way: () => Way, maxBytes: number, { failed, read }: Reader): Receiver => {
  let begun: (Pick<Answer, "status" | "headers"> & { readonly body: Body }) | undefined
  const goesOn = (error: InvalidResponseError | undefined): boolean => {
    if (error !== undefined) failed(error)
    return error === undefined
  }
  return {
    begin: (status, headers) => {
      begun = { status, headers, body: makeBody(status, headers["content-encoding"], maxBytes) }
      return goesOn(refuse(status, headers, maxBytes))
    },
    piece: (bytes) => goesOn(begun?.body.take(bytes)),
    end: () => {
      if (begun === undefined) return failed(broken(undefined, false, way()))
      const { body, headers, status } = begun
      const finish = (text: string | InvalidResponseError) =>
        text instanceof InvalidResponseError ? failed(text) : read({ status, headers, text })
      const text = body.text()
      if (typeof text === "string") return finish(text)
      void text.then(finish)
    },
    fail: (cause) => failed(broken(cause, begun !== undefined, way()))
  }
}
