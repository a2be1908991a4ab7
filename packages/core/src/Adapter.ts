/**
 * Builds an adapter from the definition of a vendor: its options, its capabilities, how to write a
 * request, and how to read a response. Core adds checks, retries, errors, expiry and spans, which are the
 * same for all vendors.
 *
 * ```ts
 * import * as Adapter from "@tempcred/core/Adapter"
 * import { bearer } from "@tempcred/core/Connection"
 * import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
 * import { Transport } from "@tempcred/core/Transport"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 * import * as Schema from "effect/Schema"
 *
 * const acme = Adapter.make({
 *   id: "acme",
 *   options: {
 *     apiKey: Adapter.key("ACME_API_KEY"),
 *     baseUrl: Adapter.url("ACME_BASE_URL")
 *   },
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
 *   call: ({ ttlSeconds }, { options: { baseUrl = "https://api.acme.example" } }) => ({
 *     url: `${baseUrl}/v1/tokens`,
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
 * const layer = acme.layer({ apiKey: Redacted.make("long-lived") })
 * const program = TempCredentialProvider.useSync((provider) => Object.keys(provider.capabilities).join())
 * console.log(await Effect.runPromise(program.pipe(Effect.provide(layer), Effect.provide(Transport.layer)))) // => agent
 * ```
 *
 * @since 0.1.0
 */

import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import {
  type CommonDefinition,
  type Definition,
  type SigningDefinition,
  signingSpecOf,
  specOf
} from "./adapter/Definition.ts"
import type * as Options from "./adapter/Options.ts"
import * as Provider from "./adapter/Provider.ts"
import * as Variables from "./adapter/Variables.ts"
import type { Capabilities } from "./Capabilities.ts"
import type { ConfigurationError } from "./ConfigurationError.ts"
import type { Purpose } from "./Purpose.ts"
import { TempCredentialProvider } from "./TempCredentialProvider.ts"
import type { Transport } from "./Transport.ts"

export type { CommonDefinition, Definition, Given, SigningDefinition } from "./adapter/Definition.ts"
export type { Expiry } from "./adapter/Expiry.ts"
export { keyParts, type PartsOf } from "./adapter/KeyParts.ts"
export {
  key,
  type KeyOption,
  type KeysOf,
  type Option,
  type OptionsOf,
  type Part,
  region,
  regionKeys,
  required,
  seconds,
  type Table,
  text,
  url,
  value
} from "./adapter/Options.ts"
export type { CallContext, Minted } from "./adapter/Spec.ts"
export type { Terms } from "./adapter/Terms.ts"
export type { Source } from "./key-source/KeyRing.ts"

/**
 * A layer of a provider. It needs a transport and fails with `ConfigurationError`.
 *
 * @category models
 * @since 0.1.0
 */
export type ProviderLayer = Layer.Layer<TempCredentialProvider, ConfigurationError, Transport>

/**
 * An adapter for `Providers`: the name that selects it, and a layer configured by the vendor's
 * environment variables.
 *
 * @category models
 * @since 0.1.0
 */
export interface Adapter {
  readonly id: string
  /** The capabilities when everything is configured, such as keys for all of the vendor's regions. */
  readonly capabilities: Capabilities
  readonly layerConfig: ProviderLayer
}

/**
 * An adapter that is loaded only if configuration chooses it.
 *
 * @category models
 * @since 0.1.0
 */
export interface LazyAdapter {
  readonly id: string
  /** Loads the adapter, for example with `import()`. */
  readonly load: () => Promise<Adapter>
}

/**
 * A vendor with its options, and a layer configured by them. It does not read environment variables, so
 * bundles of programs that pass options contain no code for them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Vendor<T extends Options.Table> extends Omit<Adapter, "layerConfig"> {
  readonly options: T
  readonly layer: (options: Options.OptionsOf<T>) => ProviderLayer
}

/**
 * Makes a vendor from its definition. Its layer uses the `RetryPolicy`, `RateGate` and `Events` that are
 * provided when it is built.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <T extends Options.Table, P extends Purpose, Response, Failure>(
  definition: Definition<T, P, Response, Failure>
): Vendor<T> => vendor(definition, (options) => Provider.make(specOf(definition, options)))

/**
 * Makes a vendor whose credentials are signed locally, without a call to the vendor. It has the same checks,
 * key rotation, retries, telemetry and expiry as a vendor of `make`, but no rate limiter.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeSigning = <T extends Options.Table, P extends Purpose>(
  definition: SigningDefinition<T, P>
): Vendor<T> => vendor(definition, (options) => Provider.makeSigning(signingSpecOf(definition, options)))

const vendor = <T extends Options.Table, P extends Purpose>(
  { capabilities, id, options, wrap = identity }: CommonDefinition<T, P>,
  provide: (
    options: Options.OptionsOf<T>
  ) => Effect.Effect<TempCredentialProvider["Service"], ConfigurationError, Transport>
): Vendor<T> => ({
  id,
  capabilities,
  options,
  layer: (given) =>
    Layer.effect(
      TempCredentialProvider,
      Effect.map(
        Effect.suspend(() => provide(given)),
        wrap
      )
    )
})

/**
 * Provides a vendor that is configured by environment variables. Reads them when the layer is built, and
 * fails with a `ConfigurationError` that names each missing or malformed variable.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = <T extends Options.Table>({ layer, options }: Vendor<T>): ProviderLayer =>
  Layer.unwrap(
    Effect.map(
      Effect.suspend(() => Variables.read(options)),
      layer
    )
  )

/**
 * Makes the adapter of a vendor for `Providers.layerConfig`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const withConfig = <T extends Options.Table>(plain: Vendor<T>): Vendor<T> & Adapter => ({
  ...plain,
  layerConfig: layerConfig(plain)
})
