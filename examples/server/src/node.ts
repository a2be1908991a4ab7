/** The token endpoint as a program of its own, configured by environment variables: see `ServerConfig`. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Providers, Transport } from "@tempcred/core"
import { type AccessLog, ServerConfig } from "@tempcred/server"
import * as Node from "@tempcred/server/Node"
import { Soniox } from "@tempcred/soniox"
import { Speechmatics } from "@tempcred/speechmatics"
import { Console, Effect, Layer } from "effect"

const provider = Providers.layerConfig([Soniox.adapter, Speechmatics.adapter]).pipe(Layer.provide(Transport.layer))

const program = Effect.gen(function* () {
  const { authenticator, server, telemetry } = yield* ServerConfig.load()
  const log = (entry: AccessLog.Entry) => Console.log(JSON.stringify(entry))
  const layer = Node.layer({ ...server, log }).pipe(Layer.provide([provider, authenticator]), Layer.provide(telemetry))
  const listening = Node.Listening.use(({ origin }) => Console.log(`listening on ${origin}`))
  return yield* Effect.provide(Effect.andThen(listening, Effect.never), layer)
})

NodeRuntime.runMain(program)
