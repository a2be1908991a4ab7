/** The responses of the endpoint, and the facts that the access log learns about a request. */
import { fingerprint } from "@tempcred/core/Fingerprint"
import { TempCredential } from "@tempcred/core/TempCredential"
import type { Problem, Response } from "@tempcred/core/TokenEndpoint"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as ProblemDetails from "effect/http/ProblemDetails"

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

/** The facts of the current request, while there is an access log. */
export const CurrentFacts = Context.Reference<Facts | undefined>("@tempcred/server/TokenServer/Facts", {
  defaultValue: () => undefined
})

/** Adds facts about the current request. */
export const note = (facts: Facts): Effect.Effect<void> =>
  Effect.withFiber((fiber) => {
    Object.assign(fiber.getRef(CurrentFacts) ?? {}, facts)
    return Effect.void
  })

/** The end of a request without a credential. */
export class Refusal extends Data.TaggedClass("Refusal")<{
  readonly problem: Problem
  readonly headers?: Readonly<Record<string, string>>
  /** The reason for the access log, if it differs from the caller's. */
  readonly reason?: string
}> {}

/** Makes the response of a problem: not cacheable, and with `Retry-After` if the problem has it. */
export const problem = (
  told: Problem,
  headers: Readonly<Record<string, string>> = {}
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(ProblemDetails.toResponse(told), {
    "cache-control": "no-store",
    ...(told.retryAfter === undefined ? {} : { "retry-after": String(told.retryAfter) }),
    ...headers
  })

/** Makes the response of a refusal, and notes its facts. */
export const refused = ({
  headers,
  problem: told,
  reason = told.reason
}: Refusal): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  const { provider, requestId } = told
  const facts = {
    reason,
    ...(provider === undefined ? {} : { provider }),
    ...(requestId === undefined ? {} : { requestId })
  }
  return Effect.as(note(facts), problem(told, headers))
}

/** The response of a credential, and its fingerprint. */
interface Created {
  readonly fingerprint: string
  readonly response: HttpServerResponse.HttpServerResponse
}

/** Responses of credentials that may be served again, such as cached ones. */
const created = new WeakMap<TempCredential, Created>()

const create = (credential: TempCredential): Effect.Effect<Created> =>
  Effect.map(fingerprint(credential.token), (name) => {
    const body: Response = { ...TempCredential.encode(credential), fingerprint: name }
    const options = { status: 201, contentType: "application/json", headers: { "cache-control": "no-store" } }
    const made = { fingerprint: name, response: HttpServerResponse.text(JSON.stringify(body), options) }
    created.set(credential, made)
    return made
  })

/** Makes the response of a credential, with the token in plain text and not cacheable, and notes its facts. */
export const credential = (given: TempCredential): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  const known = created.get(given)
  return Effect.flatMap(
    known === undefined ? create(given) : Effect.succeed(known),
    ({ fingerprint: name, response }) => Effect.as(note({ provider: given.provider, credential: name }), response)
  )
}
