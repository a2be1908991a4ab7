/** Emulated vendors on local ports, while a command needs them. */
import * as Environment from "@tempcred/core/Environment"
import type { Emulator } from "@tempcred/emulator/Emulator"
import * as Node from "@tempcred/emulator/Node"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { errorCode, Failure, usageFailure } from "./Failure.ts"
import type { Variables } from "./Settings.ts"
import { emulators, names, withoutVendors } from "./Vendors.ts"

/** A running emulator, with the variables that configure the library to use it. */
export interface Running {
  readonly vendor: string
  readonly origin: string
  readonly apiKey: string
  readonly env: Readonly<Record<string, string>>
}

/** Runs emulators until the scope closes, on `port` and the following ones, or on any free ports if it is 0. */
export const serve = Effect.fnUntraced(function* (
  vendors: ReadonlyArray<string>,
  port: number
): Effect.fn.Return<ReadonlyArray<Running>, Failure, Scope.Scope> {
  const chosen = yield* Effect.fromResult(
    Result.mapError(Environment.choose(vendors, names), (problem) =>
      usageFailure(`the command ${problem}`, "Run `tempcred providers` to see the vendors.")
    )
  )
  return yield* Effect.forEach(emulators(chosen), (emulator, index) => listen(emulator, port === 0 ? 0 : port + index))
})

/** Runs the emulators of a comma-separated list of vendors. Replaces the variables of all vendors by those of the emulators. */
export const replaceVendors = Effect.fnUntraced(function* (
  variables: Variables,
  vendors: string
): Effect.fn.Return<Variables, Failure, Scope.Scope> {
  const running = yield* serve(Environment.split(vendors), 0)
  return Object.assign({}, withoutVendors(variables), ...running.map(({ env }) => env))
})

const listen = (emulator: Emulator, port: number): Effect.Effect<Running, Failure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => Node.serve(emulator, { port }),
      catch: (cause) => portFailure(port, errorCode(cause))
    }),
    (server) => Effect.promise(server.close)
  ).pipe(
    Effect.map(({ origin }) => {
      const { apiKey, env, vendor } = emulator
      return { vendor, origin, apiKey, env: env(origin) }
    })
  )

const portFailure = (port: number, code: string): Failure =>
  new Failure({
    kind: "configuration",
    summary: code === "EADDRINUSE" ? `port ${port} is in use` : `port ${port} cannot be opened (${code})`,
    advice: "Choose another port with --port, or stop the program that uses it."
  })
