/** One process that serves the token endpoint as its environment says, and tells its parent where, and what it logs. */
import { Transport } from "@tempcred/core/Transport"
import * as Redis from "@tempcred/redis/Redis"
import * as Node from "@tempcred/server/Node"
import * as ServerConfig from "@tempcred/server/ServerConfig"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"

export type Message =
  | { readonly _tag: "Listening"; readonly origin: string }
  | { readonly _tag: "Log"; readonly line: string }

const send = (message: Message): void => void process.send?.(message)

const main = Layer.unwrap(
  Effect.map(ServerConfig.load({ redis: Redis.connect }), ({ authenticator, server }) => {
    // Exchanges may be slow where many processes share few processors: how long they may take matters to some tests only.
    const patient = process.env["PATIENT"] === "true" ? ({ limit: "10 seconds" } as const) : {}
    const limits = { ...server.limits, ...patient, lease: "1 second" } as const
    return Node.layer({ ...server, limits }).pipe(
      Layer.provide([authenticator, Layer.provide(Soniox.layerConfig, Transport.layer)])
    )
  })
)
const told = Layer.effectDiscard(Effect.map(Node.Listening, ({ origin }) => send({ _tag: "Listening", origin })))
const logger = Logger.layer([
  Logger.make(({ logLevel, message }) => send({ _tag: "Log", line: `${logLevel} ${String(message)}` }))
])
process.on("disconnect", () => process.exit())
NodeRuntime.runMain(Layer.launch(Layer.provide(told, main).pipe(Layer.provide(logger))))
