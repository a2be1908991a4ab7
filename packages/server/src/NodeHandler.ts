/**
 * The endpoint as a handler of Node's requests, for Express and other frameworks that call `(request, response)`.
 *
 * ```ts
 * import * as Authenticator from "@tempcred/server/Authenticator"
 * import * as NodeHandler from "@tempcred/server/NodeHandler"
 * import * as TokenServer from "@tempcred/server/TokenServer"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Redacted from "effect/Redacted"
 * import { createServer } from "node:http"
 *
 * const server = TokenServer.make({
 *   provider: Soniox.layerConfig,
 *   authenticator: Authenticator.layerBearer([{ token: Redacted.make("kiosk-7-secret-token"), subject: "kiosk-7" }])
 * })
 * const http = createServer(NodeHandler.make(server)).listen(0)
 * const address = http.address()
 * const port = typeof address === "object" ? address?.port : undefined
 * console.log((await fetch(`http://localhost:${port}/readyz`)).status) // => 200
 * http.close()
 * await server.close()
 * ```
 *
 * @since 0.1.0
 */

import type { IncomingMessage, ServerResponse } from "node:http"
import * as Door from "./node/Door.ts"
import type { TokenServer } from "./TokenServer.ts"

/**
 * Answers a request. Passes errors to `next`, or rejects without it. `body` is the body if a parser of the app has read it: Express puts it there.
 *
 * @category models
 * @since 0.1.0
 */
export type NodeHandler = (
  request: IncomingMessage & { readonly body?: unknown },
  response: ServerResponse,
  next?: (error: unknown) => void
) => Promise<void>

/**
 * Makes a handler of a server. Express removes the path that it is mounted at.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = ({ respond }: Pick<TokenServer, "respond">): NodeHandler => {
  const handle = Door.make(respond)
  return async (request, response, next) => {
    try {
      await handle(request, response)
    } catch (error) {
      if (next === undefined) throw error
      next(error)
    }
  }
}
