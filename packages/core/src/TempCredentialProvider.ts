/**
 * The service that mints credentials. Adapters provide it; cache, failover and other wrappers take
 * one and provide another. A program that uses it does not depend on a vendor.
 *
 * ```ts
 * import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
 * import { Transport } from "@tempcred/core/Transport"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Effect from "effect/Effect"
 *
 * const program = TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" }))
 * const credential = await Effect.runPromise(
 *   program.pipe(Effect.provide(Soniox.layerConfig), Effect.provide(Transport.layer))
 * )
 * console.log(credential.provider, credential.uses) // => soniox many
 * ```
 *
 * @since 0.1.0
 */

import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Capabilities } from "./Capabilities.ts"
import type { Length, MintRequest } from "./MintRequest.ts"
import type { TempCredential } from "./TempCredential.ts"
import type { TempCredentialError } from "./TempCredentialError.ts"
import type { Holding, holding } from "./temp-credential-provider/Holding.ts"

/**
 * Options of a mint, which pass through every wrapper together with the request. They are not part
 * of the scope.
 *
 * @category models
 * @since 0.1.0
 */
export interface MintOptions {
  /**
   * The minimum remaining lifetime of a cached credential. A credential with less is refreshed first.
   * A new credential is accepted with any lifetime.
   */
  readonly minRemaining?: Length | undefined
  /**
   * The fingerprint of a credential of this scope that the vendor refused. Caches drop it and
   * return another one.
   */
  readonly refused?: string | undefined
  /**
   * The account whose keys are used, see `Accounts`. The backend chooses the account, and never a client.
   * A provider without accounts refuses the mint.
   */
  readonly account?: string | undefined
}

/**
 * A provider of short-lived credentials from one vendor, or from several by failover.
 *
 * @category services
 * @since 0.1.0
 */
export class TempCredentialProvider extends Context.Service<
  TempCredentialProvider,
  {
    /** The vendor's id, as used in configuration and errors. */
    readonly id: string
    /**
     * The vendor account, as a fingerprint of its oldest long-lived key (or of its configured name),
     * region and URLs. It is equal in every process with the same configuration. Credentials are
     * shared only within one account.
     */
    readonly account: Effect.Effect<string>
    /** The vendor's capabilities with this configuration. */
    readonly capabilities: Capabilities
    /** Mints a credential. A request that the vendor does not support fails before any call. */
    readonly mint: (request: MintRequest, options?: MintOptions) => Effect.Effect<TempCredential, TempCredentialError>
    /**
     * Invalidates a credential that the vendor refused. It is removed from caches and from the shared
     * store, and is not served again.
     */
    readonly invalidate?: (credential: TempCredential) => Effect.Effect<void>
    /**
     * Invalidates the credential with this fingerprint in the scope of this request, in caches and in
     * the shared store. Does not invalidate other credentials.
     */
    readonly invalidateFingerprint?: (request: MintRequest, fingerprint: string) => Effect.Effect<void>
    /** Access to cached credentials, for wrappers of this package only. A copy with `...provider` includes it. */
    readonly [holding]?: Holding
  }
>()("@tempcred/core/TempCredentialProvider") {}
