/** Starts an endpoint. */
import * as IssuancePolicy from "@tempcred/server/IssuancePolicy"
import * as NodeHandler from "@tempcred/server/NodeHandler"
import * as TokenServer from "@tempcred/server/TokenServer"
import { path } from "@tempcred/core/TokenEndpoint"
import type { ProviderLayer } from "@tempcred/core/Adapter"
import type { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { IncomingMessage, ServerResponse } from "node:http"
import { TempcredError } from "../plain/errors.ts"
import { engines, stores } from "../plain/internal.ts"
import type { Caller, Cors, EndpointOptions, Limits, NodeRequest, NodeResponse, Policy } from "../plain/server-types.ts"
import { callersOf, Passed } from "./Callers.ts"
import type { Outcome, RunningEndpoint } from "./Engine.ts"
import { hidden } from "./Keys.ts"
import { misuse, requireKnown } from "./Misuse.ts"
import { failed, settled } from "./Outcomes.ts"

const known = [
  "minter",
  "authenticate",
  "policy",
  "limits",
  "cors",
  "maxInFlight",
  "bodyTimeout",
  "drainTimeout",
  "onRequest",
  "onError"
] satisfies ReadonlyArray<keyof EndpointOptions>

/** Starts an endpoint over the engine of its minter. */
export const startEndpoint = (options: EndpointOptions): Promise<Outcome<RunningEndpoint>> =>
  settled(() => endpointOf(options))

const endpointOf = async (options: EndpointOptions): Promise<RunningEndpoint> => {
  const { bodyTimeout, cors, drainTimeout, limits, maxInFlight, minter, onError, onRequest, policy } = options
  requireKnown("createEndpoint", options, known)
  requireKnown("createEndpoint.policy", policy, ["terms", "hashSubjectsWith"] satisfies ReadonlyArray<keyof Policy>)
  requireKnown("createEndpoint.limits", limits, ["perMinute", "concurrent", "store"] satisfies ReadonlyArray<
    keyof Limits
  >)
  requireKnown("createEndpoint.cors", cors, ["origins", "headers"] satisfies ReadonlyArray<keyof Cors>)
  if (cors !== undefined && !Array.isArray(cors.origins)) throw misuse("createEndpoint.cors.origins", "must be a list")
  const engine = engines.get(minter)
  if (engine === undefined) {
    throw misuse(
      "createEndpoint.minter",
      "must be what createMinter of this copy of tempcred returned, not a wrapper or a fake"
    )
  }
  const { provider } = await engine()
  const server = TokenServer.make({
    provider: reporting(provider, onError),
    authenticator: await callersOf(options),
    policy: policy && policyOf(policy, onError),
    limits: limits && (await limitsOf(limits)),
    allowedOrigins: cors?.origins,
    allowedHeaders: cors?.headers,
    maxInFlight,
    bodyTimeout,
    drainTimeout,
    // The app has its own routes for these.
    metrics: false,
    docs: false,
    log: onRequest && ((entry) => Effect.tryPromise(async () => onRequest(entry)))
  })
  const handle = NodeHandler.make({ respond: (request, left) => server.respond(asMint(request), left) })
  return {
    fetch: (request, incoming) => settled(async () => server.fetch(webMint(request), new Passed(request, incoming))),
    node: (request, response) =>
      settled(async () => {
        if (!isIncoming(request) || !isServerResponse(response)) throw new TypeError(notOfNode)
        await handle(request, response)
      }),
    ready: () => settled(server.ready),
    close: server.close
  }
}

/** Reports failed mints, of which the caller reads no words of the vendor. Requests that a vendor cannot serve are the caller's own. */
const reporting = (provider: ProviderLayer, onError: EndpointOptions["onError"]): ProviderLayer => {
  const report = (error: TempCredentialError) => {
    if (error.reason._tag === "UnsupportedError") return Effect.void
    if (onError === undefined) return Effect.logWarning(`tempcred: ${error.message}`)
    return Effect.ignore(Effect.tryPromise(async () => onError(new TempcredError(failed(error)))))
  }
  return Layer.provide(
    Layer.effect(
      TempCredentialProvider,
      TempCredentialProvider.useSync((inner) => ({
        ...inner,
        mint: (request, wishes) => Effect.tapError(inner.mint(request, wishes), report)
      }))
    ),
    provider
  )
}

const notOfNode =
  "endpoint.node takes the request and the response of node:http: in Fastify request.raw and reply.raw, in Koa ctx.req and ctx.res"

const isIncoming = (request: NodeRequest): request is NodeRequest & IncomingMessage => "headersDistinct" in request

const isServerResponse = (response: NodeResponse): response is NodeResponse & ServerResponse => "writeHead" in response

/** The app decides the path, so that every `POST`, and the preflight before it, is for a credential. */
const isMint = (method: string): boolean => method === "POST" || method === "OPTIONS"

const webMint = (request: Request): Request => {
  if (!isMint(request.method)) return request
  if (request.bodyUsed)
    throw new TypeError("the body of this request was read before: pass the request before you read it")
  return new Request(new URL(path, request.url), request)
}

type Respond = TokenServer.TokenServer["respond"]

const asMint = (request: Parameters<Respond>[0]): Parameters<Respond>[0] =>
  isMint(request.method)
    ? {
        method: request.method,
        target: path,
        headers: request.headers,
        text: request.text,
        // Made where an authenticator reads it.
        get request() {
          return request.request
        },
        incoming: request.incoming
      }
    : request

const policyOf = (
  { hashSubjectsWith, terms }: Policy,
  onError: EndpointOptions["onError"]
): IssuancePolicy.IssuancePolicy => ({
  terms: typeof terms === "function" ? termsOf(terms, onError) : terms,
  subject: hashSubjectsWith === undefined ? undefined : { hashedWith: hidden(hashSubjectsWith) }
})

/** Makes the terms of each caller. No terms at all refuse the caller, and so does anything that is false. */
const termsOf = (terms: Extract<Policy["terms"], Function>, onError: EndpointOptions["onError"]) => (caller: Caller) =>
  Effect.promise(async () => {
    try {
      return await terms(caller)
    } catch (error) {
      const telling = async () => onError?.(error)
      await telling().catch(() => {})
      throw error
    }
  }).pipe(
    Effect.flatMap((found) =>
      found ? Effect.succeed(found) : new IssuancePolicy.ForbiddenError({ issues: [notAllowed] })
    )
  )

const notAllowed = { field: "purpose", message: "is not allowed for this caller" }

const limitsOf = async ({ store, ...limits }: Limits) => {
  if (store === undefined) return limits
  const connect = stores.get(store)
  if (connect === undefined) throw misuse("createEndpoint.limits.store", "must be redis({ url }) of tempcred/redis")
  return { ...limits, store: (await connect()).redis }
}
