/** `tempcred serve`: runs the token endpoint. */
import { ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import * as Providers from "@tempcred/core/Providers"
import { Transport } from "@tempcred/core/Transport"
import { connect } from "@tempcred/redis/Redis"
import * as AccessLog from "@tempcred/server/AccessLog"
import * as Node from "@tempcred/server/Node"
import * as ServerConfig from "@tempcred/server/ServerConfig"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Emulators from "../Emulators.ts"
import { configurationFailure, type Failure } from "../Failure.ts"
import * as Printing from "../Printing.ts"
import { ProcessIO, stopSignal } from "../ProcessIO.ts"
import * as Settings from "../Settings.ts"
import { adapters } from "../Vendors.ts"

/** The flags of the command. */
export interface Options {
  readonly config: string | undefined
  readonly host: string | undefined
  readonly port: number | undefined
  readonly emulator: boolean
}

const variables = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Settings.Variables, Failure, Scope.Scope> {
  const read = yield* Settings.read(options.config)
  if (!options.emulator) return read
  const { TEMPCRED_PROVIDER = "soniox" } = read
  return yield* Emulators.replaceVendors({ ...read, TEMPCRED_PROVIDER }, TEMPCRED_PROVIDER)
})

const provider = Layer.provide(Providers.layerConfig(adapters, { redis: connect }), Transport.layer)

/** Reads the endpoint's variables. Its error also lists the problems of the vendor's variables. */
const load = ServerConfig.load(Settings.endpoint).pipe(
  Effect.catch((error) =>
    Effect.scoped(Layer.build(provider)).pipe(
      Effect.mapError((vendor) => new ConfigurationError({ issues: [...error.issues, ...newIssues(error, vendor)] })),
      Effect.andThen(error)
    )
  )
)

/** Both report a misspelt variable. */
const newIssues = (first: ConfigurationError, second: ConfigurationError): ReadonlyArray<Issue> =>
  second.issues.filter(({ name }) => !first.issues.some((issue) => issue.name === name))

const listen = Effect.fnUntraced(function* ({ host, port }: Options) {
  const { authenticator, server, telemetry } = yield* load
  const { stdout } = yield* ProcessIO
  const log = AccessLog.json((line) => stdout.write(`${line}\n`))
  const address = { host: host ?? server.host, port: port ?? server.port }
  const layer = Node.layer({ ...server, ...address, log }).pipe(
    Layer.provide([authenticator, provider]),
    Layer.provide(telemetry)
  )
  return Context.get(yield* Layer.build(layer), Node.Listening)
})

/** The variables and flags of the server's options, and advice. */
const settings: Readonly<Record<string, { readonly name: string; readonly advice: string }>> = {
  "Node.host": {
    name: "TEMPCRED_HOST (--host)",
    advice: "Set an address of this machine with --host: 127.0.0.1 for this machine only, 0.0.0.0 for all networks."
  },
  "Node.port": {
    name: "TEMPCRED_PORT (--port)",
    advice: "Choose another port with --port, or stop the program that uses it."
  }
}

const failureOf = ({ issues }: ConfigurationError): Failure => {
  const renamed = issues.map(({ message, name }): Issue => ({ name: settings[name]?.name ?? name, message }))
  const [advice] = issues.flatMap(({ name }) => settings[name]?.advice ?? [])
  return configurationFailure(new ConfigurationError({ issues: renamed }), advice)
}

/** Runs the endpoint until SIGTERM or Ctrl-C, and completes the requests in progress. */
export const run = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<void, Failure, Scope.Scope> {
  const stopped = yield* stopSignal
  const { origin } = yield* listen(options).pipe(
    Effect.mapError(failureOf),
    Effect.provide(Settings.layer(yield* variables(options)))
  )
  yield* Printing.note(`Listening on ${origin}. Press Ctrl-C to stop.`)
  yield* Effect.ensuring(stopped, Printing.note("Stopping. Requests in progress are completed first."))
})
