/** Requests as the endpoint reads them on every platform, and its responses. */
import type { Problem } from "@tempcred/core/TokenEndpoint"
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"

/** Headers of a request, with names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>

/** A request. */
export interface IncomingRequest {
  readonly method: string
  /** The path and the query, exactly as they were sent. */
  readonly target: string
  readonly headers: RequestHeaders
  /** Reads the body. Rejects with `BodyTooLargeError` past so many bytes, and with another error if the body cannot be read. */
  readonly text: (maxBytes: number) => Promise<string>
  /** The web request that an authenticator of the app gets. */
  readonly request: Request
  /** The framework's own request, or what the app passes beside the web request. */
  readonly incoming: unknown
}

/** A response. */
export interface OutgoingResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Answers a request until its client leaves, at once if it can. */
export type Respond = (request: IncomingRequest, left: AbortSignal) => OutgoingResponse | Promise<OutgoingResponse>

/** The body has more bytes than were allowed. */
export class BodyTooLargeError extends Error {}

/** Facts about one request for the access log. The subject is not yet a fingerprint. */
export interface Facts {
  subject?: string
  purpose?: string
  provider?: string
  /** The fingerprint of the credential. */
  credential?: string
  reason?: string
  requestId?: string
}

/** The end of a request without a credential. */
export class Refusal extends Data.TaggedClass("Refusal")<{
  readonly problem: Problem
  readonly headers?: Readonly<Record<string, string>>
  /** The reason for the access log, if it differs from the caller's. */
  readonly reason?: string
}> {}

/** Makes the response of a refusal: not cacheable, and with `Retry-After` if the problem has it. */
export const refused = ({ headers, problem }: Refusal): OutgoingResponse => ({
  status: problem.status,
  headers: {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    ...(problem.retryAfter === undefined ? {} : { "retry-after": String(problem.retryAfter) }),
    ...headers
  },
  body: JSON.stringify(problem)
})

const textOf = async ({ body }: Request, maxBytes: number): Promise<string> => {
  const decoder = new TextDecoder()
  let size = 0
  let text = ""
  // Platforms close the connection of a body that is not read to its end. Cancelling could close it before the response.
  for await (const chunk of body?.values({ preventCancel: true }) ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new BodyTooLargeError()
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** Reads a web request. */
export const fromWeb = (request: Request, incoming: unknown): IncomingRequest => ({
  method: request.method,
  target: request.url.replace(/^[^:]*:\/\/[^/?#]*/, ""),
  headers: Object.fromEntries(request.headers),
  text: (maxBytes) => textOf(request, maxBytes),
  request,
  incoming
})

/** Makes a web response. */
export const toWeb = ({ body, headers, status }: OutgoingResponse, method = "POST"): Response =>
  new Response(method === "HEAD" || status === 204 ? null : body, { status, headers: { ...headers } })

/** Describes a defect by its name and places in the code alone. Its message could hold secrets of the app. */
export const describeDefect = (defect: unknown): string => {
  if (!Predicate.isError(defect)) return typeof defect
  const places = (defect.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line))
  return [/^\w+$/.test(defect.name) ? defect.name : "Error", ...places.slice(0, 10)].join("\n")
}
