/** Checks the token endpoint's own configuration, and what it leans on. */
import { Authenticator } from "@tempcred/server/Authenticator"
import * as ServerConfig from "@tempcred/server/ServerConfig"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { endpoint } from "../../Settings.ts"
import { failed, type Finding, ok, type Outcome } from "./Finding.ts"

const patience = "8 seconds"

/** A JWT that no key signed: whoever refuses it has read the keys. */
const stranger = Redacted.make(
  [{ alg: "RS256", kid: "doctor" }, {}].map((part) => btoa(JSON.stringify(part)).replaceAll("=", "")).join(".") + ".AA"
)

/** Says what is wrong with the way in: nothing, where a stranger is refused. */
const authentication = Effect.fnUntraced(function* ({
  authenticator
}: ServerConfig.ServerConfig): Effect.fn.Return<Outcome | undefined, never, Scope.Scope> {
  const asked = Layer.build(authenticator).pipe(
    Effect.map((context) => Context.get(context, Authenticator)),
    Effect.flatMap(({ authenticate }) => authenticate({ token: stranger, headers: {} })),
    Effect.timeout(patience),
    Effect.result
  )
  const result = yield* asked
  if (Result.isSuccess(result) || result.failure._tag === "UnauthenticatedError") return undefined
  const advice = "Check TEMPCRED_AUTH_JWKS_URL, and that this machine may reach it: until then every caller gets a 503."
  return failed("unavailable", `callers cannot be told: ${result.failure.message}`, advice)
})

/** Says what is wrong with the shared counts, where they are to be in a Redis. */
const counting = Effect.fnUntraced(function* ({
  server
}: ServerConfig.ServerConfig): Effect.fn.Return<Outcome | undefined, never, Scope.Scope> {
  const store = server.limits?.store
  if (store === undefined) return undefined
  const counts = yield* store.limits({
    perMinute: 1,
    concurrent: 1,
    limit: Duration.fromInputUnsafe(patience),
    lease: Duration.seconds(1),
    onDown: () => Effect.void,
    onUp: Effect.void
  })
  if (Option.isSome(yield* counts.count("doctor"))) return undefined
  const advice = "Check TEMPCRED_LIMIT_STORE, and that its Redis runs: until then each process counts for itself."
  return failed("unavailable", "the Redis of the limits cannot be reached", advice)
})

const outcome = Effect.gen(function* () {
  const loaded = yield* Effect.result(ServerConfig.load(endpoint))
  if (Result.isFailure(loaded)) {
    const advice =
      "Set it in the environment or in a file that --config names; `tempcred serve --help` says what is required."
    return failed("configuration", loaded.failure.message, advice)
  }
  const { host, port } = loaded.success.server
  const [callers, counts] = yield* Effect.all([authentication(loaded.success), counting(loaded.success)], {
    concurrency: 2
  })
  return callers ?? counts ?? ok(`complete, would listen at ${host}:${port}`)
})

/** Checks that the endpoint can be configured, that it can tell its callers, and that its Redis answers, within 8 seconds. */
export const examine: Effect.Effect<ReadonlyArray<Finding>, never, Scope.Scope> = Effect.map(outcome, (found) => [
  { provider: "tempcred", check: "endpoint", ...found }
])
