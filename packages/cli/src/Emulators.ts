/** Emulated vendors on ports of this machine, for as long as a command needs them. */
import * as Environment from "@tempcred/core/Environment"
import type { Emulator } from "@tempcred/emulator/Emulator"
import * as Node from "@tempcred/emulator/Node"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { Failure, usage } from "./Failure.ts"
import type { Variables } from "./Settings.ts"
import { emulators, names, withoutVendors } from "./Vendors.ts"

/** An emulated vendor that can be reached, with the variables that point the library at it. */
export interface Served {
  readonly vendor: string
  readonly origin: string
  readonly apiKey: string
  readonly env: Readonly<Record<string, string>>
}

/** Serves the emulators of the named vendors until the scope closes: on the given port and those after it, or, where that is 0, on any free ones. */
export const serve = Effect.fnUntraced(function* (
  vendors: ReadonlyArray<string>,
  port: number
): Effect.fn.Return<ReadonlyArray<Served>, Failure, Scope.Scope> {
  const chosen = yield* Effect.fromResult(
    Result.mapError(Environment.choose(vendors, names), (problem) =>
      usage(`the command ${problem}`, "`tempcred providers` lists what each can do.")
    )
  )
  return yield* Effect.forEach(emulators(chosen), (emulator, index) => listen(emulator, port === 0 ? 0 : port + index))
})

/**
 * Serves the emulators of the named vendors, with commas between them, until the scope closes, and gives the variables with theirs in place of the vendors' own.
 */
export const inPlace = Effect.fnUntraced(function* (
  variables: Variables,
  vendors: string
): Effect.fn.Return<Variables, Failure, Scope.Scope> {
  const served = yield* serve(Environment.split(vendors), 0)
  return Object.assign({}, withoutVendors(variables), ...served.map(({ env }) => env))
})

const listen = (emulator: Emulator, port: number): Effect.Effect<Served, Failure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => Node.serve(emulator, { port }),
      catch: (cause) => portFailure(port, cause)
    }),
    (server) => Effect.promise(server.close)
  ).pipe(
    Effect.map(({ origin }) => {
      const { apiKey, env, vendor } = emulator
      return { vendor, origin, apiKey, env: env(origin) }
    })
  )

const portFailure = (port: number, cause: unknown): Failure => {
  const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : "unknown"
  return new Failure({
    fault: "configuration",
    summary: code === "EADDRINUSE" ? `port ${port} is in use` : `port ${port} cannot be opened (${code})`,
    advice: "Choose another with --port, or stop what listens there."
  })
}
