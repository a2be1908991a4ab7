/** Checks of one vendor. Each check reports its own result, also after others failed. */
import type { Adapter } from "@tempcred/core/Adapter"
import type { Decoded } from "@tempcred/core/MintRequest"
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import type { TempCredential } from "@tempcred/core/TempCredential"
import { InvalidResponseError, type Reason, type TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { type Answer, Transport } from "@tempcred/core/Transport"
import { vendorNow } from "@tempcred/core/VendorApi"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { adviceFor, kindOf, setVariable } from "../../Failure.ts"
import { type Check, failed, type Finding, ok, type Outcome, skipped } from "./Finding.ts"
import { checkDns, checkTls, openConnection } from "./Network.ts"

/** A transport that first records the target without sending, and later sends and records the response. */
const makeRecorder = () => {
  const seen: { connected: boolean; target?: URL; answer?: Answer } = { connected: false }
  const layer = Layer.effect(
    Transport,
    Transport.useSync(({ send }) => ({
      send: (request) => {
        seen.target = request.url
        if (!seen.connected) return new InvalidResponseError({ detail: "nothing was sent" })
        return Effect.tap(send(request), (answer) =>
          Effect.sync(() => {
            seen.answer = answer
          })
        )
      }
    }))
  )
  return { seen, layer: Layer.provide(layer, Transport.layer) }
}

/** The largest accepted clock difference in seconds. The `Date` header has whole seconds, and larger differences shift expiries. */
const tolerance = 5

/** Compares this machine's clock with the `Date` header of a response. */
const compareClocks = (answer: Answer | undefined): Outcome => {
  if (answer === undefined) return skipped("the vendor did not respond")
  const date = vendorNow(answer.headers, answer.receivedAt)
  if (date === undefined) return skipped("the vendor's response has no valid date of its own")
  const off = Math.round(((answer.sentAt + answer.receivedAt) / 2 - date) / 1000)
  return Math.abs(off) <= tolerance
    ? ok("agrees with the vendor's")
    : failed(
        "configuration",
        `is ${Math.abs(off)} seconds ${off > 0 ? "ahead of" : "behind"} the vendor's`,
        "Set this machine's clock (NTP): expiries, TLS and JWTs depend on it."
      )
}

/** Returns the advice for a reason, which must not be to run the doctor. */
const adviceHere = (reason: Reason): string =>
  reason._tag === "TransportError"
    ? "See the checks above. If they passed, check proxy, firewall, and the vendor's URL in the environment."
    : adviceFor(reason)

const checkMint = (result: Result.Result<TempCredential, TempCredentialError>): Outcome =>
  Result.match(result, {
    onFailure: ({ reason }) => failed(kindOf(reason), reason.message, adviceHere(reason)),
    onSuccess: ({ expiresAt, uses }) =>
      ok(`${uses === "once" ? "single-use" : "reusable"} until ${DateTime.formatIso(expiresAt)}`)
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

/** Checks one vendor, with a time limit for each check. */
export const checkVendor = Effect.fnUntraced(function* (
  { id, layerConfig }: Adapter,
  request: Decoded
): Effect.fn.Return<ReadonlyArray<Finding>, never, Scope.Scope> {
  const { layer, seen } = makeRecorder()
  // One attempt, to report an error at once; the policy limits its time.
  const built = yield* Effect.result(Layer.build(Layer.provide(layerConfig, [RetryPolicy.layerNone, layer])))
  if (Result.isFailure(built)) {
    const configuration = failed("configuration", built.failure.message, setVariable)
    const none = skipped("the configuration is incomplete")
    return report(id, { configuration, dns: none, tls: none, clock: none, mint: none, connection: none })
  }
  const provider = Context.get(built.success, TempCredentialProvider)
  yield* Effect.ignore(provider.mint(request))
  const { target } = seen
  const noCall = Effect.succeed(skipped("the request is refused before any call"))
  const [dns, tls] = yield* Effect.all(target === undefined ? [noCall, noCall] : [checkDns(target), checkTls(target)], {
    concurrency: 2
  })
  seen.connected = true
  const credential = yield* Effect.result(provider.mint(request))
  const connection = yield* Result.match(credential, {
    onFailure: () => Effect.succeed(skipped("there is no credential")),
    onSuccess: openConnection
  })
  return report(id, {
    configuration: ok(target === undefined ? "complete" : `complete, mints at ${target.origin}`),
    dns,
    tls,
    clock: compareClocks(seen.answer),
    mint: checkMint(credential),
    connection
  })
})
