/**
 * `node endpoint.ts [cached]`: the token endpoint with the configuration of its environment, for Soniox. Prints its
 * address.
 */
import { CredentialCache } from "@tempcred/core/CredentialCache"
import { Transport } from "@tempcred/core/Transport"
import * as Node from "@tempcred/server/Node"
import * as ServerConfig from "@tempcred/server/ServerConfig"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"

const minting = Soniox.layerConfig.pipe(Layer.provide(Transport.layer))
const provider = process.argv[2] === "cached" ? CredentialCache.layer().pipe(Layer.provide(minting)) : minting

const server = Layer.unwrap(
  Effect.map(ServerConfig.load(), ({ authenticator, server: options }) =>
    Node.layer(options).pipe(Layer.provide([authenticator, provider]))
  )
)
const runtime = ManagedRuntime.make(server)
const { origin } = await runtime.runPromise(Node.Listening)

// A regular end, which writes the profile.
process.once("SIGTERM", () => process.exit())
process.stdout.write(`${JSON.stringify({ origin })}\n`)
