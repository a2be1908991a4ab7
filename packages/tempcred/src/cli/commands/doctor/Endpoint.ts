/** Checks of the token endpoint: its configuration, and the servers that it depends on. */
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
import { setVariable } from "../../Failure.ts"
import { endpoint } from "../../Settings.ts"
import { failed, type Finding, ok, type Outcome } from "./Finding.ts"

const timeLimit = "8 seconds"

/** A JWT with an invalid signature. An authenticator that refuses it has read its keys. */
const forged = Redacted.make(
  [{ alg: "RS256", kid: "doctor" }, {}].map((part) => btoa(JSON.stringify(part)).replaceAll("=", "")).join(".") + ".AA"
)

/** Checks that the authenticator can read its keys. */
const checkAuthentication = Effect.fnUntraced(function* ({
  authenticator
}: ServerConfig.ServerConfig): Effect.fn.Return<Outcome | undefined, never, Scope.Scope> {
  const result = yield* Layer.build(authenticator).pipe(
    Effect.map((context) => Context.get(context, Authenticator)),
    Effect.flatMap(({ authenticate }) =>
      authenticate({ token: forged, headers: {}, request: new Request("http://localhost") })
    ),
    Effect.timeout(timeLimit),
    Effect.result
  )
  if (Result.isSuccess(result) || result.failure._tag === "UnauthenticatedError") return undefined
  const advice =
    "Check TEMPCRED_AUTH_JWKS_URL, and that this machine can reach it. Until then every client gets status 503."
  return failed("unavailable", `clients cannot be authenticated: ${result.failure.message}`, advice)
})

/** Checks that the Redis of the rate limits can be reached, if there is one. */
const checkLimits = Effect.fnUntraced(function* ({
  server
}: ServerConfig.ServerConfig): Effect.fn.Return<Outcome | undefined, never, Scope.Scope> {
  const store = server.limits?.store
  if (store === undefined) return undefined
  const counts = yield* store.limits({
    perMinute: 1,
    concurrent: 1,
    limit: Duration.fromInputUnsafe(timeLimit),
    lease: Duration.seconds(1),
    onDown: () => Effect.void,
    onUp: Effect.void
  })
  if (Option.isSome(yield* counts.count("doctor"))) return undefined
  const advice = "Check TEMPCRED_LIMIT_STORE, and that its Redis is running. Until then each process counts for itself."
  return failed("unavailable", "the Redis of the rate limits cannot be reached", advice)
})

const outcome = Effect.gen(function* () {
  const loaded = yield* Effect.result(ServerConfig.load(endpoint))
  if (Result.isFailure(loaded)) {
    const advice = `${setVariable} \`tempcred serve --help\` lists the required variables.`
    return failed("configuration", loaded.failure.message, advice)
  }
  const { host, port } = loaded.success.server
  const [clients, limits] = yield* Effect.all([checkAuthentication(loaded.success), checkLimits(loaded.success)], {
    concurrency: 2
  })
  return clients ?? limits ?? ok(`complete, will listen on ${host}:${port}`)
})

/** Checks the configuration, the authentication and the Redis of the endpoint, within 8 seconds. */
export const checkEndpoint: Effect.Effect<ReadonlyArray<Finding>, never, Scope.Scope> = Effect.map(outcome, (found) => [
  { provider: "tempcred", check: "endpoint", ...found }
])
