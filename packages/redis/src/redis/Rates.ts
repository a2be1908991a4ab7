/** The store of budgets in Redis: for each vendor account the time until which its budget is spent, and a hold. */
import type { StoreOptions } from "@tempcred/core/CredentialSharing"
import type { RateStore } from "@tempcred/core/RateGate"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as RedisConnection from "./RedisConnection.ts"

/** Braces put both keys of an account on one node of a cluster. */
const keysOf = (name: string) => [`tempcred:rate:{${name}}`, `tempcred:rate:{${name}}:hold`] as const

const decodeWait = Schema.decodeUnknownEffect(Schema.Finite)

/** Opens the store. */
export const make = Effect.fnUntraced(function* (
  connect: RedisConnection.Options["connect"],
  options: StoreOptions
): Effect.fn.Return<RateStore, never, Scope.Scope> {
  // The probe writes, as a hold of a millisecond that nobody reads.
  const probe: RedisConnection.Options["probe"] = ({ run }) => run("hold", keysOf("probe")[1], 1)
  const ask = yield* RedisConnection.make({ ...options, connect, probe })
  return {
    take: (name, { burst, perMinute }) =>
      ask(({ run }) => Effect.flatMap(run("take", ...keysOf(name), perMinute, burst), decodeWait)),
    hold: (name, milliseconds) => ask(({ run }) => run("hold", keysOf(name)[1], Math.ceil(milliseconds)))
  }
})
