/** The provider of a vendor: checks requests, calls the vendor, and makes credentials from its responses. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Resolved } from "../Capabilities.ts"
import { ConfigurationError } from "../ConfigurationError.ts"
import { Events } from "../Events.ts"
import { fingerprint } from "../Fingerprint.ts"
import * as MinRemaining from "../MinRemaining.ts"
import * as MintRequest from "../MintRequest.ts"
import type { Purpose } from "../Purpose.ts"
import * as Telemetry from "../Telemetry.ts"
import { TempCredential } from "../TempCredential.ts"
import { InvalidResponseError, type Reason, TempCredentialError } from "../TempCredentialError.ts"
import { type MintOptions, TempCredentialProvider } from "../TempCredentialProvider.ts"
import { annotate, isTraced } from "../Tracing.ts"
import type { Transport } from "../Transport.ts"
import * as VendorApi from "../VendorApi.ts"
import * as Expiry from "./Expiry.ts"
import type { CallContext, Spec } from "./Spec.ts"
import { fromRequest, fromResponse, type Terms } from "./Terms.ts"

/**
 * Makes the provider of a vendor. It uses the `RetryPolicy`, `RateGate` and `Events` that are
 * provided when it is made.
 */
export const make = Effect.fnUntraced(function* <P extends Purpose, Response, Failure>(
  spec: Spec<P, Response, Failure>
): Effect.fn.Return<TempCredentialProvider["Service"], ConfigurationError, Transport> {
  const { provider, capabilities } = spec
  const api = yield* VendorApi.make(provider, spec.dialect)
  const keys = yield* api.open(spec.keys)
  const issues = [...keys.issues, ...spec.issues]
  if (issues.length > 0) return yield* new ConfigurationError({ issues })
  const publish = yield* Events
  const endpoint = api.endpoint(spec.response)
  const fail = (reason: Reason) => new TempCredentialError({ provider, reason })

  /** Makes a credential from a response, or fails if the response has none. */
  const read = (
    { asked, now }: CallContext,
    request: Resolved<P>,
    received: VendorApi.Received<Response>
  ): Effect.Effect<TempCredential, TempCredentialError> => {
    const refuse = (detail: string) => Effect.fail(fail(new InvalidResponseError({ detail })))
    const minted = spec.credential(received.value, request)
    if (minted instanceof InvalidResponseError) return Effect.fail(fail(minted))
    const token = Redacted.value(minted.token)
    if (!/^[\u0021-\u007e]+$/.test(token)) return refuse("the token has characters that no header can carry")
    if (received.holdsKey(token) || minted.connections.some(({ url }) => received.holdsKey(url))) {
      return refuse("the credential contains the long-lived key")
    }
    const longest = longestLife(minted.terms, request.ttlSeconds, capabilities[request.purpose]?.ttlSeconds.max)
    const { at, notBelieved, source, usableUntil } = Expiry.ends(
      minted,
      request,
      longest,
      received,
      DateTime.toEpochMillis(now)
    )
    const end = Option.getOrUndefined(DateTime.make(at))
    if (end === undefined) return refuse("the expiry is not a valid date")
    if (at <= received.receivedAt) return refuse("the credential had expired when it arrived")
    const terms =
      minted.terms === undefined
        ? Result.succeed(fromRequest(provider, request, usableUntil))
        : fromResponse(minted.terms, asked, request.relaxed, received.sentAt)
    if (Result.isFailure(terms)) return Effect.fail(fail(terms.failure))
    const credential = new TempCredential({
      ...terms.success,
      token: minted.token,
      issuedAt: DateTime.makeUnsafe(received.sentAt),
      expiresAt: DateTime.toUtc(end),
      expirySource: source,
      connections: minted.connections
    })
    if (notBelieved === undefined) return Effect.succeed(credential)
    const seconds = (millis: number) => Math.round((millis - received.sentAt) / 1000)
    const { purpose } = credential
    const stated = seconds(notBelieved)
    return Effect.as(publish({ _tag: "ExpiryNotBelieved", provider, purpose, stated, kept: seconds(at) }), credential)
  }

  const send = (
    input: MintRequest.MintRequest,
    options: MintOptions = {}
  ): Effect.Effect<TempCredential, TempCredentialError> =>
    Effect.withFiber((fiber) => {
      const decoded = MintRequest.decode(input)
      if (Result.isFailure(decoded)) return Effect.fail(fail(decoded.failure))
      const resolved = decoded.success.resolve(capabilities, spec.region)
      if (Result.isFailure(resolved)) return Effect.fail(fail(resolved.failure))
      const least = MinRemaining.parse(options.minRemaining)
      if (Result.isFailure(least)) return Effect.fail(fail(least.failure))
      const request = resolved.success
      const now = DateTime.makeUnsafe(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe())
      const context: CallContext = { asked: decoded.success, now, mintOptions: options }
      const call = spec.call(request, context)
      const hasSideEffects = capabilities[request.purpose]?.mintingHasSideEffects
      const minted = Effect.flatMap(endpoint({ ...call, subject: request.subject, hasSideEffects }), (received) =>
        read(context, request, received)
      )
      return isTraced(fiber) ? Effect.andThen(annotate("tempcred.purpose", request.purpose), minted) : minted
    })

  const watch = yield* Telemetry.make(provider)
  const alike = JSON.stringify([Redacted.value(keys.account), spec.region, spec.settings])
  const account = yield* Effect.cached(fingerprint(Redacted.make(alike)))
  return TempCredentialProvider.of({
    id: provider,
    account,
    capabilities,
    mint: (request, options) => watch(send(request, options))
  })
})

/**
 * The longest lifetime to accept, in seconds. A response that states its own lifetime is compared
 * with the request elsewhere.
 */
const longestLife = (terms: Terms | undefined, asked: number, most: number = asked): number =>
  terms?.life === undefined ? asked : Math.min(Duration.toSeconds(terms.life), most)
