/** The plain endpoint. Its engine is loaded at first use. */
import type { Outcome, RunningEndpoint } from "../engine/Engine.ts"
import { lifecycle, valueOf } from "./lifecycle.ts"
import type { Endpoint, EndpointOptions } from "./server-types.ts"

const closed = "this endpoint is closed: make a new one"

/** Makes an endpoint of an engine. */
export const makeEndpoint = (
  start: () => Promise<Outcome<RunningEndpoint>>,
  onError: EndpointOptions["onError"]
): Endpoint => {
  const { close, get } = lifecycle(start, closed)
  return {
    fetch: async (request, incoming) => valueOf(await (await get()).fetch(request, incoming), closed),
    node: async (request, response, next) => {
      try {
        valueOf(await (await get()).node(request, response), closed)
      } catch (error) {
        if (next !== undefined) return next(error)
        // A server of `node:http` waits for no promise: a rejection would end the process, and leave its client waiting.
        if (onError === undefined || !("writeHead" in response)) throw error
        response.statusCode = 500
        response.end()
        await onError(error)
      }
    },
    ready: async () => valueOf(await (await get()).ready(), closed),
    close,
    [Symbol.asyncDispose]: close
  }
}
