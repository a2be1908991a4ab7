/** The provider of a vendor: checks a request, calls the vendor, and makes a credential of its response. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { resolve } from "../Capabilities.ts"
import { ConfigurationError } from "../ConfigurationError.ts"
import { Events } from "../Events.ts"
import { fingerprint } from "../Fingerprint.ts"
import * as MintRequest from "../MintRequest.ts"
import type { Purpose } from "../Purpose.ts"
import * as Telemetry from "../Telemetry.ts"
import { TempCredential } from "../TempCredential.ts"
import { InvalidResponseError, type Reason, TempCredentialError } from "../TempCredentialError.ts"
import { type MintOptions, TempCredentialProvider } from "../TempCredentialProvider.ts"
import type { Transport } from "../Transport.ts"
import * as VendorApi from "../VendorApi.ts"
import * as Expiry from "./Expiry.ts"
import type { Spec } from "./Spec.ts"
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

  const send = Effect.fnUntraced(function* (input: MintRequest.MintRequest, options: MintOptions = {}) {
    const asked = yield* Effect.fromResult(Result.mapError(MintRequest.decode(input), fail))
    const request = yield* Effect.fromResult(Result.mapError(resolve(capabilities, asked, spec.region), fail))
    yield* Effect.annotateCurrentSpan("tempcred.purpose", request.purpose)
    const now = yield* DateTime.now
    const call = spec.call(request, { asked, now, options })
    const hasSideEffects = capabilities[request.purpose]?.mintingHasSideEffects
    const received = yield* endpoint({ ...call, subject: request.subject, hasSideEffects })
    const minted = spec.credential(received.value, request)
    if (minted instanceof InvalidResponseError) return yield* fail(minted)
    if (!/^[\u0021-\u007e]+$/.test(Redacted.value(minted.token))) {
      return yield* fail(new InvalidResponseError({ detail: "the token has characters that no header can carry" }))
    }
    if (
      received.holdsKey(Redacted.value(minted.token)) ||
      minted.connections.some(({ url }) => received.holdsKey(url))
    ) {
      return yield* fail(new InvalidResponseError({ detail: "the credential holds the long-lived key" }))
    }
    const longest = longestLife(minted.terms, request.ttlSeconds, capabilities[request.purpose]?.ttlSeconds.max)
    const ends = Expiry.ends(minted, request, longest, received, DateTime.toEpochMillis(now))
    const { at, notBelieved, source, usableUntil } = ends
    const end = Option.getOrUndefined(DateTime.make(at))
    if (end === undefined) return yield* fail(new InvalidResponseError({ detail: "the expiry is no date" }))
    if (at <= received.receivedAt) {
      return yield* fail(new InvalidResponseError({ detail: "the credential had expired when it arrived" }))
    }
    const terms =
      minted.terms === undefined
        ? fromRequest(provider, request, usableUntil)
        : yield* Effect.fromResult(
            Result.mapError(fromResponse(minted.terms, asked, request.relaxed, received.sentAt), fail)
          )
    if (notBelieved !== undefined) {
      const seconds = (millis: number) => Math.round((millis - received.sentAt) / 1000)
      const { purpose } = terms
      yield* publish({ _tag: "ExpiryNotBelieved", provider, purpose, stated: seconds(notBelieved), kept: seconds(at) })
    }
    return new TempCredential({
      ...terms,
      token: minted.token,
      issuedAt: DateTime.makeUnsafe(received.sentAt),
      expiresAt: DateTime.toUtc(end),
      expirySource: source,
      connections: minted.connections
    })
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
