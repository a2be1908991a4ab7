/** The app's backend: a token endpoint for each vendor, and the routes of the demo. The keys stay here. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as AccessLog from "@tempcred/server/AccessLog"
import * as Authenticator from "@tempcred/server/Authenticator"
import * as TokenServer from "@tempcred/server/TokenServer"
import * as Effect from "effect/Effect"
import type * as Headers from "effect/http/Headers"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { readFile } from "node:fs/promises"
import { createServer } from "node:http"
import { join } from "node:path"
import * as Rehearsals from "./rehearsals.ts"
import type { Vendor } from "./vendors.ts"

export interface Options {
  /** The port; 0 is any free one. @default 0 */
  readonly port?: number
  /** Receives each line of the access log, which contains no secret. */
  readonly log: (line: string) => void
}

const recording = join(import.meta.dirname, "../../demo/speech.wav")

/** Makes the only user of the demo. An app has a login here, and returns the token after it. */
const demoUser = () => {
  const token = `demo-${crypto.randomUUID()}`
  const subject = "demo-user"
  return { token, subject, authenticator: Authenticator.layerBearer([{ token: Redacted.make(token), subject }]) }
}

const endpoint = (
  { emulator, id, provider, terms }: Vendor,
  user: ReturnType<typeof demoUser>,
  log: AccessLog.Write
) => {
  const prefix = `/${id}` as const
  const mounted = TokenServer.layer({ prefix, policy: { terms }, log, docs: false, metrics: false }).pipe(
    Layer.provide([provider, user.authenticator])
  )
  if (emulator === undefined) return mounted
  const rehearsals = Rehearsals.make(emulator)
  return Layer.mergeAll(
    Layer.provide(mounted, HttpRouter.middleware((answer) => rehearsals.around(answer)).layer),
    ...Object.entries(rehearsals.begin).map(([what, begin]) =>
      HttpRouter.add(
        "POST",
        `/demo/rehearsals/${id}/${what}`,
        Effect.as(Effect.sync(begin), HttpServerResponse.empty({ status: 204 }))
      )
    )
  )
}

/** Refuses other host names, by which a page of another site could read the responses (DNS rebinding). */
const isOwn = ({ host = "" }: Headers.Headers): boolean =>
  ["127.0.0.1", "localhost"].includes(host.replace(/:\d+$/, ""))

const misdirected = HttpServerResponse.empty({ status: 421 })

/** Serves the backend until the scope closes, and returns its URL. */
export const serve = Effect.fnUntraced(function* (vendors: ReadonlyArray<Vendor>, { log, port = 0 }: Options) {
  const user = demoUser()
  const session = {
    user: user.subject,
    token: user.token,
    emulated: vendors.some(({ emulator }) => emulator !== undefined),
    vendors: vendors.map(({ id, missing, name }) => ({ id, name, missing }))
  }
  const speech = yield* Effect.promise(() => readFile(recording))
  const routes = Layer.mergeAll(
    HttpRouter.middleware(
      (answer) =>
        Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
          isOwn(headers) ? answer : Effect.succeed(misdirected)
        ),
      { global: true }
    ),
    HttpRouter.add(
      "POST",
      "/demo/session",
      HttpServerResponse.json(session, { headers: { "cache-control": "no-store" } })
    ),
    HttpRouter.add("GET", "/demo/speech.wav", HttpServerResponse.uint8Array(speech, { contentType: "audio/wav" })),
    ...vendors
      .filter(({ missing }) => missing === undefined)
      .map((vendor) => endpoint(vendor, user, AccessLog.json(log)))
  )
  const context = yield* Layer.build(
    HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
      Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port }))
    )
  )
  const { address } = yield* Effect.provideContext(HttpServer.HttpServer, context)
  return HttpServer.formatAddress(address)
})
