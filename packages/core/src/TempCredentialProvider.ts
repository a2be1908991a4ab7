/**
 * The service that an app asks for credentials. Adapters make it, wrappers take one and give one, and a program that uses it does
 * not know which vendor stands behind it.
 *
 * ```ts
 * import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
 * import { layerFetch } from "@tempcred/core/Transport"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Effect from "effect/Effect"
 *
 * const program = TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" }))
 * const credential = await Effect.runPromise(
 *   program.pipe(Effect.provide(Soniox.layerConfig), Effect.provide(layerFetch))
 * )
 * console.log(credential.provider, credential.uses) // => soniox many
 * ```
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Capabilities } from "./Capabilities.ts"
import type { MintRequest } from "./MintRequest.ts"
import type { TempCredential } from "./TempCredential.ts"
import type { TempCredentialError } from "./TempCredentialError.ts"

/**
 * Mints short-lived credentials at one vendor.
 *
 * @category services
 * @since 0.1.0
 */
export class TempCredentialProvider extends Context.Service<
  TempCredentialProvider,
  {
    /** The vendor's name, as configuration and errors spell it. */
    readonly id: string
    /** What the vendor can serve and enforce as it is configured here. */
    readonly capabilities: Capabilities
    /** Mints one credential; a request that the vendor cannot serve fails before any call. */
    readonly mint: (request: MintRequest) => Effect.Effect<TempCredential, TempCredentialError>
  }
>()("@tempcred/core/TempCredentialProvider") {}
