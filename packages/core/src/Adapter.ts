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
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Provider from "./adapter/Provider.ts"
import type { Capabilities } from "./Capabilities.ts"
import type { ConfigurationError } from "./ConfigurationError.ts"
import * as Environment from "./Environment.ts"
import { TempCredentialProvider } from "./TempCredentialProvider.ts"
import type { Transport } from "./Transport.ts"

export type { Expiry } from "./adapter/Expiry.ts"
export type { CallContext, Minted, Spec } from "./adapter/Spec.ts"
export type { Terms } from "./adapter/Terms.ts"

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
export const make: typeof Provider.make = Provider.make

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
