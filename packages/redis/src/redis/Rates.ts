/** The store of budgets in Redis: for each vendor account the time until which its budget is spent, and a hold. */
import type { StoreOptions } from "@tempcred/core/CredentialSharing"
import type { RateStore } from "@tempcred/core/RateGate"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Connections } from "./Connections.ts"

/** Braces put both keys of an account on one node of a cluster. */
const keysOf = (name: string) => [`tempcred:rate:{${name}}`, `tempcred:rate:{${name}}:hold`] as const

const decodeWait = Schema.decodeUnknownEffect(Schema.Finite)

/** Opens the store. */
export const make = Effect.fnUntraced(function* (
  connections: Connections,
  options: StoreOptions
): Effect.fn.Return<RateStore, never, Scope.Scope> {
  const { ask, listen } = yield* connections(options.limit)
  yield* listen(options)
  return {
    take: (name, { burst, perMinute }) =>
      ask(({ run }) => Effect.flatMap(run("take", ...keysOf(name), perMinute, burst), decodeWait)),
    hold: (name, milliseconds) => ask(({ run }) => run("hold", keysOf(name)[1], Math.ceil(milliseconds)))
  }
})
