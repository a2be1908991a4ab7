/** The answers of the endpoint, and what the access log may say of each: facts travel beside an answer, not in it. */
import { fingerprint } from "@tempcred/core/Fingerprint"
import { encode, type TempCredential } from "@tempcred/core/TempCredential"
import type { Problem, Response } from "@tempcred/core/TokenEndpoint"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

/** What the access log may say of an answer, secrets and subject still in clear. */
export interface Facts {
  readonly subject?: string | undefined
  readonly purpose?: string | undefined
  readonly credential?: TempCredential
  /** That of the credential. */
  readonly fingerprint?: string
  readonly problem?: Problem
  /** Where the log may say more than the caller hears. */
  readonly reason?: string
}

const facts = new WeakMap<HttpServerResponse.HttpServerResponse, Facts>()

/** Tells what is known of an answer. */
export const factsOf = (response: HttpServerResponse.HttpServerResponse): Facts => facts.get(response) ?? {}

/** Adds to what is known of an answer. */
export const note = (
  response: HttpServerResponse.HttpServerResponse,
  more: Facts
): HttpServerResponse.HttpServerResponse => {
  facts.set(response, { ...facts.get(response), ...more })
  return response
}

/** Adds a header to an answer and keeps its facts. */
export const withHeader = (
  response: HttpServerResponse.HttpServerResponse,
  name: string,
  value: string
): HttpServerResponse.HttpServerResponse => note(HttpServerResponse.setHeader(response, name, value), factsOf(response))

/** Answers with a problem, which nobody may store, and with `Retry-After` where it says how long to wait. */
export const problem = (
  told: Problem,
  headers: Readonly<Record<string, string>> = {}
): HttpServerResponse.HttpServerResponse =>
  note(
    HttpServerResponse.text(JSON.stringify(told), {
      status: told.status,
      contentType: "application/problem+json",
      headers: {
        "cache-control": "no-store",
        ...(told.retryAfter === undefined ? {} : { "retry-after": String(told.retryAfter) }),
        ...headers
      }
    }),
    { problem: told }
  )

/** A credential that is given again is written and named once; what is written goes with the credential. */
const written = new WeakMap<TempCredential, HttpServerResponse.HttpServerResponse>()

/** Answers with a credential, its token in plain, which nobody may store. */
export const created = (credential: TempCredential): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  const known = written.get(credential)
  if (known !== undefined) return Effect.succeed(known)
  return Effect.map(fingerprint(credential.token), (name) => {
    const body: Response = { ...encode(credential), fingerprint: name }
    const response = HttpServerResponse.text(JSON.stringify(body), {
      status: 201,
      contentType: "application/json",
      headers: { "cache-control": "no-store" }
    })
    written.set(credential, response)
    return note(response, { purpose: credential.purpose, subject: credential.subject, credential, fingerprint: name })
  })
}
