/** The plain endpoint. Its engine is loaded at first use. */
import type { Outcome, RunningEndpoint } from "../engine/Engine.ts"
import { ClosedError } from "./errors.ts"
import { valueOf } from "./minter.ts"
import type { Endpoint } from "./server-types.ts"

const closed = "this endpoint is closed: make a new one"

/** Makes an endpoint of an engine. */
export const makeEndpoint = (start: () => Promise<Outcome<RunningEndpoint>>): Endpoint => {
  let started: Promise<Outcome<RunningEndpoint>> | undefined
  let isClosed = false
  const running = async () => {
    if (isClosed && started === undefined) throw new ClosedError(closed)
    started ??= start()
    return valueOf(await started, closed)
  }
  const close = async () => {
    isClosed = true
    const outcome = await started
    if (outcome?.type === "done") await outcome.value.close()
  }
  return {
    fetch: async (request, incoming) => valueOf(await (await running()).fetch(request, incoming), closed),
    node: async (request, response, next) => {
      try {
        valueOf(await (await running()).node(request, response), closed)
      } catch (error) {
        if (next === undefined) throw error
        next(error)
      }
    },
    ready: async () => valueOf(await (await running()).ready(), closed),
    close,
    [Symbol.asyncDispose]: close
  }
}
