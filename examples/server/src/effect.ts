/** The token endpoint among the routes of an Effect app, which listens on PORT. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Providers, Transport } from "@tempcred/core"
import { Authenticator, TokenServer } from "@tempcred/server"
import { Soniox } from "@tempcred/soniox"
import { Speechmatics } from "@tempcred/speechmatics"
import { Config, Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"

const provider = Providers.layerConfig([Soniox.adapter, Speechmatics.adapter]).pipe(Layer.provide(Transport.layer))

const authenticator = Layer.unwrap(
  Effect.gen(function* () {
    return Authenticator.layerJwt({ jwksUrl: yield* Config.String("JWKS_URL"), audience: "speech" })
  })
)

const routes = Layer.mergeAll(
  HttpRouter.add("GET", "/", HttpServerResponse.text("hello")),
  TokenServer.layer().pipe(Layer.provide([provider, authenticator]))
)

const app = HttpRouter.serve(routes, { disableLogger: true }).pipe(
  Layer.provide(NodeHttpServer.layerConfig(createServer, { port: Config.Int("PORT") }))
)

NodeRuntime.runMain(Layer.launch(app))
