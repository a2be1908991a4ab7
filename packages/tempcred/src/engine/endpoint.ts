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
  const fetch: TokenServer.TokenServer["fetch"] = (request, incoming) => server.fetch(atMintPath(request), incoming)
  const handle = NodeHandler.make({ fetch })
  return {
    type: "done",
    value: {
      fetch: (request, incoming) => settled(() => fetch(request, incoming)),
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
const atMintPath = (request: Request): Request =>
  /^(POST|OPTIONS)$/.test(request.method) ? new Request(new URL(path, request.url), request) : request

const policyOf = ({ hashSubjectsWith, terms }: Policy): IssuancePolicy.IssuancePolicy => ({
  terms:
    typeof terms === "function"
      ? (caller) =>
          Effect.flatMap(
            Effect.promise(async () => terms(caller)),
            (found) => (found === undefined ? new IssuancePolicy.ForbiddenError({ issues: [] }) : Effect.succeed(found))
          )
      : terms,
  subject: hashSubjectsWith === undefined ? undefined : { hashedWith: Redacted.make(hashSubjectsWith) }
})

const limitsOf = async ({ store, ...limits }: Limits) => ({
  ...limits,
  store: store !== undefined && hasStore(store) ? (await store[internal]()).redis : undefined
})
