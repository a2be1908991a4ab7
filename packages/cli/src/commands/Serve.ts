/** `tempcred serve`: the token endpoint, until it is stopped. */
import { ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import * as Providers from "@tempcred/core/Providers"
import * as NodeTransport from "@tempcred/node/NodeTransport"
import { connect } from "@tempcred/redis/Redis"
import * as AccessLog from "@tempcred/server/AccessLog"
import * as Node from "@tempcred/server/Node"
import * as ServerConfig from "@tempcred/server/ServerConfig"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Emulators from "../Emulators.ts"
import { type Failure, ofConfiguration } from "../Failure.ts"
import * as Printing from "../Printing.ts"
import * as Settings from "../Settings.ts"
import { ProcessIO } from "../ProcessIO.ts"
import { orderly } from "../Termination.ts"
import { adapters } from "../Vendors.ts"

/** What is asked on the command line. */
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
  return yield* Emulators.inPlace({ ...read, TEMPCRED_PROVIDER }, TEMPCRED_PROVIDER)
})

const provider = Layer.provide(Providers.layerConfig(adapters, { redis: connect }), NodeTransport.layer)

/** What is wrong with the endpoint's own variables, and with the vendor's too. */
const load = ServerConfig.load(Settings.endpoint).pipe(
  Effect.catch((error) =>
    Effect.scoped(Layer.build(provider)).pipe(
      Effect.mapError((further) => new ConfigurationError({ issues: [...error.issues, ...others(error, further)] })),
      Effect.andThen(error)
    )
  )
)

/** A misspelt variable is wrong for both. */
const others = (told: ConfigurationError, { issues }: ConfigurationError): ReadonlyArray<Issue> =>
  issues.filter(({ name }) => !told.issues.some((one) => one.name === name))

const listen = Effect.fnUntraced(function* ({ host, port }: Options) {
  const { authenticator, server, telemetry } = yield* load
  const { stdout } = yield* ProcessIO
  const log = AccessLog.json((line) => stdout.write(`${line}\n`))
  const place = { host: host ?? server.host, port: port ?? server.port }
  const layer = Node.layer({ ...server, ...place, log }).pipe(
    Layer.provide([authenticator, provider]),
    Layer.provide(telemetry)
  )
  return Context.get(yield* Layer.build(layer), Node.Listening)
})

interface Place {
  /** What a person sets, in place of the option that is wrong. */
  readonly name: string
  readonly advice: string
}

const places: Readonly<Record<string, Place>> = {
  "Node.host": {
    name: "TEMPCRED_HOST (--host)",
    advice: "Name an address of this machine with --host: 127.0.0.1 for itself alone, 0.0.0.0 for all of its networks."
  },
  "Node.port": {
    name: "TEMPCRED_PORT (--port)",
    advice: "Choose another with --port, or stop what listens there."
  }
}

const refusal = ({ issues }: ConfigurationError): Failure => {
  const known = issues.map(({ message, name }): Issue => ({ name: places[name]?.name ?? name, message }))
  const [advice] = issues.flatMap(({ name }) => places[name]?.advice ?? [])
  return ofConfiguration(new ConfigurationError({ issues: known }), advice)
}

/** Serves until SIGTERM or Ctrl-C; requests that are under way are answered first. */
export const run = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<void, Failure, Scope.Scope> {
  const terminated = yield* orderly
  const { origin } = yield* listen(options).pipe(
    Effect.mapError(refusal),
    Effect.provide(ConfigProvider.layer(Settings.provider(yield* variables(options))))
  )
  yield* Printing.note(`Listening on ${origin}. Stop with Ctrl-C.`)
  const stopping = Printing.note("Stopping: requests that are under way are answered first.")
  yield* Effect.ensuring(terminated, stopping)
})
