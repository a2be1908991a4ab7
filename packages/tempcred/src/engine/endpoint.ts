/** Starts an endpoint. */
import * as IssuancePolicy from "@tempcred/server/IssuancePolicy"
import * as NodeHandler from "@tempcred/server/NodeHandler"
import * as TokenServer from "@tempcred/server/TokenServer"
import { path } from "@tempcred/core/TokenEndpoint"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { IncomingMessage, ServerResponse } from "node:http"
import { hasEngine, hasStore, internal } from "../plain/internal.ts"
import type { EndpointOptions, Limits, NodeRequest, NodeResponse, Policy } from "../plain/server-types.ts"
import { callersOf } from "./Callers.ts"
import type { Outcome, RunningEndpoint } from "./Engine.ts"
import { settled } from "./Outcomes.ts"

/** Starts an endpoint over the engine of its minter. */
export const startEndpoint = async (options: EndpointOptions): Promise<Outcome<RunningEndpoint>> => {
  const { bodyTimeout, cors, drainTimeout, limits, maxInFlight, minter, onRequest, policy } = options
  if (!hasEngine(minter)) {
    const issue = { name: "createEndpoint.minter", message: "must be made by createMinter" }
    return { type: "misconfigured", issues: [issue] }
  }
  const { provider } = await minter[internal]()
  const server = TokenServer.make({
    provider,
    authenticator: await callersOf(options),
    policy: policy && policyOf(policy),
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
    type: "done",
    value: {
      fetch: (request, incoming) => settled(() => server.fetch(webMint(request), incoming)),
      node: (request, response) =>
        settled(async () => {
          if (!isIncoming(request) || !isServerResponse(response)) throw new TypeError(notOfNode)
          await handle(request, response)
        }),
      ready: () => settled(server.ready),
      close: server.close
    }
  }
}

const notOfNode =
  "endpoint.node takes the request and the response of node:http: in Fastify request.raw and reply.raw, in Koa ctx.req and ctx.res"

const isIncoming = (request: NodeRequest): request is NodeRequest & IncomingMessage => "headersDistinct" in request

const isServerResponse = (response: NodeResponse): response is NodeResponse & ServerResponse => "writeHead" in response

/** The app decides the path, so that every `POST`, and the preflight before it, is for a credential. */
const isMint = (method: string): boolean => method === "POST" || method === "OPTIONS"

const webMint = (request: Request): Request =>
  isMint(request.method) ? new Request(new URL(path, request.url), request) : request

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

const policyOf = ({ hashSubjectsWith, terms }: Policy): IssuancePolicy.IssuancePolicy => ({
  terms:
    typeof terms === "function"
      ? (caller) =>
          Effect.filterOrFail(
            Effect.promise(async () => terms(caller)),
            (found) => found !== undefined,
            () =>
              new IssuancePolicy.ForbiddenError({
                issues: [{ field: "purpose", message: "is not allowed for this caller" }]
              })
          )
      : terms,
  subject: hashSubjectsWith === undefined ? undefined : { hashedWith: Redacted.make(hashSubjectsWith) }
})

const limitsOf = async ({ store, ...limits }: Limits) => ({
  ...limits,
  store: store !== undefined && hasStore(store) ? (await store[internal]()).redis : undefined
})
