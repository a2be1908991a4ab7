/** The provider of a vendor: checks requests, calls the vendor, and makes credentials from its responses. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Resolved } from "../Capabilities.ts"
import { ConfigurationError } from "../ConfigurationError.ts"
import { Events } from "../Events.ts"
import { fingerprint } from "../Fingerprint.ts"
import * as MinRemaining from "../MinRemaining.ts"
import * as MintRequest from "../MintRequest.ts"
import type { Purpose } from "../Purpose.ts"
import * as Telemetry from "../Telemetry.ts"
import { TempCredential } from "../TempCredential.ts"
import { InvalidRequestError, InvalidResponseError, type Reason, TempCredentialError } from "../TempCredentialError.ts"
import { type MintOptions, TempCredentialProvider } from "../TempCredentialProvider.ts"
import { annotate, isTraced } from "../Tracing.ts"
import type { Transport } from "../Transport.ts"
import * as VendorApi from "../VendorApi.ts"
import * as Expiry from "./Expiry.ts"
import type { CallContext, Common, Minted, SigningSpec, Spec } from "./Spec.ts"
import { fromRequest, fromResponse, type Terms } from "./Terms.ts"

/** A function that makes a credential from a vendor's response or a local signature. */
type Read<P extends Purpose> = (
  context: CallContext,
  request: Resolved<P>,
  received: VendorApi.Received<unknown>,
  minted: Minted | InvalidResponseError
) => Effect.Effect<TempCredential, TempCredentialError>

/** A function that issues a credential by a call or a local signature. */
type Issue<P extends Purpose> = (
  request: Resolved<P>,
  context: CallContext,
  read: Read<P>
) => Effect.Effect<TempCredential, TempCredentialError>

/** An effect that builds a provider. */
type Building = Effect.Effect<TempCredentialProvider["Service"], ConfigurationError, Transport>

/** The return type of a generator that builds a provider. */
type Steps = Effect.fn.Return<TempCredentialProvider["Service"], ConfigurationError, Transport>

/**
 * Makes the provider of a vendor that mints over HTTP. It uses the `RetryPolicy`, `RateGate` and
 * `Events` that are provided when it is made.
 */
export const make: <P extends Purpose, Response, Failure>(spec: Spec<P, Response, Failure>) => Building =
  Effect.fnUntraced(function* <P extends Purpose, Response, Failure>(spec: Spec<P, Response, Failure>): Steps {
    const api = yield* VendorApi.make(spec.provider, spec.dialect, spec.keyForm)
    const endpoint = api.endpoint(spec.response)
    return yield* assemble<P>(spec, api, (request, context, read) => {
      const call = spec.call(request, context)
      const hasSideEffects = spec.capabilities[request.purpose]?.mintingHasSideEffects
      return Effect.flatMap(endpoint({ ...call, subject: request.subject, hasSideEffects }), (received) =>
        read(context, request, received, spec.credential(received.value, request))
      )
    })
  })

/** Makes the provider of a vendor whose credentials are signed locally. It sends no requests. */
export const makeSigning: <P extends Purpose>(spec: SigningSpec<P>) => Building = Effect.fnUntraced(function* <
  P extends Purpose
>(spec: SigningSpec<P>): Steps {
  const api = yield* VendorApi.make(spec.provider, { failure: Schema.Unknown, read: () => ({}) }, spec.keyForm)
  return yield* assemble<P>(spec, api, (request, { now, ...context }, read) => {
    // Signed timestamps are whole seconds, and the credential's expiry must equal the signed one.
    const moment = { ...context, now: DateTime.startOf(now, "second") }
    const signed = api.local(spec.keyOf(request), (parts) => spec.sign(request, moment, parts))
    return Effect.flatMap(signed, (received) => read(moment, request, received, received.value))
  })
})

const assemble = Effect.fnUntraced(function* <P extends Purpose>(
  { capabilities, issues: found, keys: sources, provider, region, settings }: Common<P>,
  api: VendorApi.VendorApi,
  issue: Issue<P>
): Effect.fn.Return<TempCredentialProvider["Service"], ConfigurationError> {
  const keys = yield* api.open(sources)
  const issues = [...keys.issues, ...found]
  if (issues.length > 0) return yield* new ConfigurationError({ issues })
  const publish = yield* Events
  const fail = (reason: Reason) => new TempCredentialError({ provider, reason })

  /** Makes a credential from a response, or fails if the response has none. */
  const read: Read<P> = ({ asked, now }, request, received, minted) => {
    const refuse = (detail: string) => Effect.fail(fail(new InvalidResponseError({ detail })))
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
      if (options.account !== undefined) return Effect.fail(fail(noAccounts()))
      const decoded = MintRequest.decode(input)
      if (Result.isFailure(decoded)) return Effect.fail(fail(decoded.failure))
      const resolved = decoded.success.resolve(capabilities, region)
      if (Result.isFailure(resolved)) return Effect.fail(fail(resolved.failure))
      const least = MinRemaining.parse(options.minRemaining)
      if (Result.isFailure(least)) return Effect.fail(fail(least.failure))
      const request = resolved.success
      const now = DateTime.makeUnsafe(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe())
      const context: CallContext = { asked: decoded.success, now, mintOptions: options }
      const minted = issue(request, context, read)
      return isTraced(fiber) ? Effect.andThen(annotate("tempcred.purpose", request.purpose), minted) : minted
    })

  const watch = yield* Telemetry.make(provider)
  const alike = JSON.stringify([Redacted.value(keys.account), region, settings])
  const account = yield* Effect.cached(fingerprint(Redacted.make(alike)))
  return TempCredentialProvider.of({
    id: provider,
    account,
    capabilities,
    mint: (request, options) => watch(send(request, options))
  })
})

/** Refuses a mint that names an account, because this provider has the key of only one account. */
const noAccounts = () =>
  new InvalidRequestError({ issues: [{ field: "account", message: "is not supported: provide Accounts.layer" }] })

/**
 * Returns the longest lifetime to accept, in seconds: the lifetime that the response states, up to the
 * vendor's maximum, or else the requested ttl. `fromResponse` compares a stated lifetime with the ttl.
 */
const longestLife = (terms: Terms | undefined, asked: number, most: number = asked): number =>
  terms?.life === undefined ? asked : Math.min(Duration.toSeconds(terms.life), most)
