/**
 * Builds a provider from a description of a vendor: its capabilities, how to write a request, and
 * how to read a response. The checks, retries, errors, expiry and spans that all vendors share are
 * here.
 *
 * ```ts
 * import * as Adapter from "@tempcred/core/Adapter"
 * import { bearer } from "@tempcred/core/Connection"
 * import { layerFetch } from "@tempcred/core/Transport"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 * import * as Schema from "effect/Schema"
 *
 * const apiKey = Redacted.make("long-lived")
 * const acme = Adapter.make({
 *   provider: "acme",
 *   keys: { apiKey },
 *   issues: [],
 *   capabilities: {
 *     agent: {
 *       ttlSeconds: { min: 30, max: 600, default: 60 },
 *       singleUse: false,
 *       subject: { effect: "ignored" },
 *       regions: [],
 *       mintingHasSideEffects: false,
 *       needed: "connect"
 *     }
 *   },
 *   call: ({ ttlSeconds }) => ({
 *     url: "https://api.acme.example/v1/tokens",
 *     key: apiKey,
 *     body: { ttl: ttlSeconds }
 *   }),
 *   response: Schema.Struct({ token: Schema.RedactedFromValue(Schema.NonEmptyString) }),
 *   credential: ({ token }) => ({
 *     token,
 *     expiry: { source: "request" },
 *     connections: [{ kind: "websocket", url: "wss://acme.example/agent", where: "server", placement: bearer }]
 *   }),
 *   dialect: {
 *     failure: Schema.Struct({ message: Schema.String }),
 *     read: ({ message }) => ({ detail: message })
 *   }
 * })
 * const provider = await Effect.runPromise(Effect.provide(acme, layerFetch))
 * console.log(Object.keys(provider.capabilities).join()) // => agent
 * ```
 *
 * @since 0.1.0
 */
import type * as Config from "effect/Config"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as Expiry from "./adapter/Expiry.ts"
import { fromRequest, fromResponse, type Terms } from "./adapter/Terms.ts"
import { type Capabilities, resolve, type Resolved } from "./Capabilities.ts"
import { ConfigurationError, type Issue } from "./ConfigurationError.ts"
import type { Connections } from "./Connection.ts"
import * as Environment from "./Environment.ts"
import { Events } from "./Events.ts"
import { fingerprint } from "./Fingerprint.ts"
import type { KeySource } from "./KeySource.ts"
import * as MintRequest from "./MintRequest.ts"
import * as Telemetry from "./Telemetry.ts"
import type { Purpose } from "./Purpose.ts"
import { TempCredential } from "./TempCredential.ts"
import { InvalidResponseError, type Reason, TempCredentialError } from "./TempCredentialError.ts"
import { type MintOptions, TempCredentialProvider } from "./TempCredentialProvider.ts"
import type { Transport } from "./Transport.ts"
import * as VendorApi from "./VendorApi.ts"

export type { Expiry } from "./adapter/Expiry.ts"
export type { Terms } from "./adapter/Terms.ts"

/**
 * A credential as an adapter reads it from a vendor's response.
 *
 * @category models
 * @since 0.1.0
 */
export interface Minted {
  readonly token: Redacted.Redacted
  readonly expiry: Expiry.Expiry
  readonly connections: Connections
  /**
   * The terms that the response states, such as subject, session limit and number of uses.
   *
   * @default the terms of the request
   */
  readonly terms?: Terms | undefined
}

/**
 * The context of a vendor call beside the request: the current time, for vendors that take
 * timestamps instead of durations; the request before defaults were filled in; and the caller's
 * mint options.
 *
 * @category models
 * @since 0.1.0
 */
export interface CallContext {
  readonly now: DateTime.Utc
  readonly asked: MintRequest.Decoded
  readonly options: MintOptions
}

/**
 * The description of a vendor.
 *
 * @category models
 * @since 0.1.0
 */
export interface Spec<P extends Purpose, Response, Failure> {
  /** The vendor's id, as used in configuration and errors. */
  readonly provider: string
  /** The long-lived keys by option name. The layer fails with `ConfigurationError` when a key is unusable. */
  readonly keys: Readonly<Record<string, Redacted.Redacted | KeySource>>
  /**
   * The problems of the other options, from `ConfigurationError.checkUrl` and similar checks. The
   * layer fails when there is any.
   */
  readonly issues: ReadonlyArray<Issue>
  readonly capabilities: Capabilities<P>
  /** The region for requests without one, for purposes that have regions. */
  readonly region?: string | undefined
  /**
   * Further settings that change the credential, such as base URLs. Machines share credentials only
   * when all of these are equal.
   */
  readonly settings?: ReadonlyArray<string | undefined>
  /** Builds the vendor call. The request was already checked against the capabilities. */
  readonly call: (request: Resolved<P>, context: CallContext) => VendorApi.Call
  readonly response: Schema.Codec<Response, unknown>
  /**
   * Reads a decoded response. Returns an `InvalidResponseError` when it does not answer this
   * request; its `detail` must not contain values from the response.
   */
  readonly credential: (response: Response, request: Resolved<P>) => Minted | InvalidResponseError
  readonly dialect: VendorApi.Dialect<Failure>
}

/**
 * An adapter for `Providers`: the name that selects it, and a layer configured by the vendor's
 * environment variables.
 *
 * @category models
 * @since 0.1.0
 */
export interface Adapter {
  readonly id: string
  /** The capabilities when keys for all of the vendor's regions are configured. */
  readonly capabilities: Capabilities
  readonly layerConfig: ProviderLayer
}

/**
 * An effect that makes a provider. It needs a transport and fails with `ConfigurationError`.
 *
 * @category models
 * @since 0.1.0
 */
export type Making = Effect.Effect<TempCredentialProvider["Service"], ConfigurationError, Transport>

/**
 * A layer of a provider. It needs a transport and fails with `ConfigurationError`.
 *
 * @category models
 * @since 0.1.0
 */
export type ProviderLayer = Layer.Layer<TempCredentialProvider, ConfigurationError, Transport>

/**
 * Makes the provider of a vendor. It uses the `RetryPolicy`, `RateGate` and `Events` that are
 * provided when it is made.
 *
 * @category constructors
 * @since 0.1.0
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
 * Makes a layer of a provider.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (provider: Making): ProviderLayer => Layer.effect(TempCredentialProvider, provider)

/**
 * Reads an optional variable, as `Environment.text` does.
 *
 * @category configuration
 * @since 0.1.0
 */
export const optional: (name: string) => Effect.Effect<string | undefined, ConfigurationError> = Environment.text

/**
 * Makes a vendor's layer from environment variables, which are read when the layer is built. Fails
 * with `ConfigurationError`, which names each missing or malformed variable. `options` is a
 * function, so that an unused layer does no work.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = <Options>(
  layerOf: (options: Options) => ProviderLayer,
  options: () => Effect.Effect<Options, Config.ConfigError | ConfigurationError>
): ProviderLayer => Layer.unwrap(Effect.map(Environment.load(Effect.suspend(options)), layerOf))

/**
 * The longest lifetime to accept, in seconds. A response that states its own lifetime is compared
 * with the request elsewhere.
 */
const longestLife = (terms: Terms | undefined, asked: number, most: number = asked): number =>
  terms?.life === undefined ? asked : Math.min(Duration.toSeconds(terms.life), most)
