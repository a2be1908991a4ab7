/** The app's backend: a token endpoint for each vendor. The keys stay here. */
import express, { type RequestHandler } from "express"
import { once } from "node:events"
import { bearer, createEndpoint } from "tempcred/server"
import * as Demo from "./demo.ts"
import type { Vendor } from "./vendors.ts"

export interface Options {
  /** The port; 0 is any free one. @default 0 */
  readonly port?: number
  /** Receives each line of the access log, which contains no secret. */
  readonly log: (line: string) => void
}

export interface Server {
  readonly origin: string
  readonly close: () => Promise<void>
}

/** Starts the backend. */
export const serve = async (vendors: ReadonlyArray<Vendor>, { log, port = 0 }: Options): Promise<Server> => {
  // The demo has one user. An app has a login here, and returns the token after it.
  const user = { subject: "demo-user", token: `demo-${crypto.randomUUID()}` }
  const demo = await Demo.make(vendors, user)
  const app = express()
  app.use(ownHostOnly)
  app.use("/demo", demo.routes)
  const endpoints = vendors.map(({ id, minter, terms }) => {
    const endpoint = createEndpoint({
      minter,
      authenticate: bearer([user]),
      policy: { terms },
      onRequest: (entry) => log(JSON.stringify(entry))
    })
    app.post(`/speech-token/${id}`, demo.downtime(id), endpoint.node)
    return endpoint
  })

  const http = app.listen(port, "127.0.0.1")
  await once(http, "listening")
  const address = http.address()
  return {
    origin: `http://127.0.0.1:${typeof address === "object" ? address?.port : port}`,
    close: async () => {
      await Promise.all(endpoints.map((endpoint) => endpoint.close()))
      http.closeAllConnections()
      await new Promise((closed) => http.close(closed))
    }
  }
}

/** Refuses other host names, by which a page of another site could read the responses (DNS rebinding). */
const ownHostOnly: RequestHandler = ({ headers: { host = "" } }, response, next) => {
  if (["127.0.0.1", "localhost"].includes(host.replace(/:\d+$/, ""))) next()
  else response.sendStatus(421)
}
