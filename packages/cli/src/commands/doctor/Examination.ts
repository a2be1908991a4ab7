/** The checks of one vendor; each says what it found, whatever became of those before it. */
import type { Adapter } from "@tempcred/core/Adapter"
import type { Decoded } from "@tempcred/core/MintRequest"
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import type { TempCredential } from "@tempcred/core/TempCredential"
import type { Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { faultOf } from "../../ExitCode.ts"
import { adviceOf } from "../../Failure.ts"
import * as Clocks from "./Clocks.ts"
import { type Check, failed, type Finding, ok, type Outcome, skipped } from "./Finding.ts"
import * as Network from "./Network.ts"
import { open } from "./Opening.ts"
import * as Wire from "./Wire.ts"

/** Whoever reads this has asked the doctor already. */
const mend = (reason: Reason): string =>
  reason._tag === "TransportError"
    ? "See the checks before this one; if they are well, check a proxy or a firewall, and the vendor's URL in the environment."
    : adviceOf(reason)

const minted = (result: Result.Result<TempCredential, TempCredentialError>): Outcome =>
  Result.match(result, {
    onFailure: ({ reason }) => failed(faultOf(reason), reason.message, mend(reason)),
    onSuccess: ({ expiresAt, uses }) => {
      const good = uses === "once" ? "one use" : "any number of uses"
      return ok(`good for ${good} until ${DateTime.formatIso(expiresAt)}`)
    }
  })

const report = (
  provider: string,
  outcomes: Readonly<Record<Exclude<Check, "endpoint">, Outcome>>
): ReadonlyArray<Finding> => {
  const { clock, configuration, connection, dns, mint, tls } = outcomes
  return [
    { provider, check: "configuration", ...configuration },
    { provider, check: "dns", ...dns },
    { provider, check: "tls", ...tls },
    { provider, check: "clock", ...clock },
    { provider, check: "mint", ...mint },
    { provider, check: "connection", ...connection }
  ]
}

const nothing = skipped("there is no configuration")

/** Checks one vendor, each check bounded in time. */
export const examine = Effect.fnUntraced(function* (
  { id, layerConfig }: Adapter,
  request: Decoded
): Effect.fn.Return<ReadonlyArray<Finding>, never, Scope.Scope> {
  const wire = Wire.make()
  // One try, so that what is wrong is told at once; it is bounded by the policy.
  const built = yield* Effect.result(Layer.build(Layer.provide(layerConfig, [RetryPolicy.layerNone, wire.layer])))
  if (Result.isFailure(built)) {
    const advice = "Set it in the environment or in a file that --config names."
    const configuration = failed("configuration", built.failure.message, advice)
    return report(id, { configuration, dns: nothing, tls: nothing, clock: nothing, mint: nothing, connection: nothing })
  }
  const provider = Context.get(built.success, TempCredentialProvider)
  yield* Effect.ignore(provider.mint(request))
  const url = wire.target()
  const nowhere = Effect.succeed(skipped("the request is refused before any call"))
  const [dns, tls] = yield* Effect.all(url === undefined ? [nowhere, nowhere] : [Network.dns(url), Network.tls(url)], {
    concurrency: 2
  })
  yield* wire.connect
  const credential = yield* Effect.result(provider.mint(request))
  const connection = yield* Result.match(credential, {
    onFailure: () => Effect.succeed(skipped("there is no credential")),
    onSuccess: open
  })
  return report(id, {
    configuration: ok(url === undefined ? "complete" : `complete, mints at ${url.origin}`),
    dns,
    tls,
    clock: Clocks.compare(wire.answer()),
    mint: minted(credential),
    connection
  })
})
