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
import type * as Exit from "effect/Exit"
import type { Capabilities } from "./Capabilities.ts"
import type { Length, MintRequest } from "./MintRequest.ts"
import type { TempCredential } from "./TempCredential.ts"
import type { TempCredentialError } from "./TempCredentialError.ts"

/**
 * What one caller accepts of a credential that is already held. It travels down through every wrapper with the request and is no part of the scope.
 *
 * @category models
 * @since 0.1.0
 */
export interface MintOptions {
  /** How much life the credential must have left; a held one with less is renewed first. A vendor's fresh credential always satisfies it. */
  readonly minRemaining?: Length | undefined
  /** The fingerprint of a credential of this scope that was refused where it was used: every holder of this scope drops it and returns another one. */
  readonly refused?: string | undefined
}

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
    /**
     * Names the vendor's account as it is configured here, by a fingerprint of its oldest long-lived key (or of a name for it), region and URLs,
     * alike in every process: credentials are shared where all of that is alike.
     */
    readonly account: Effect.Effect<string>
    /** What the vendor can serve and enforce as it is configured here. */
    readonly capabilities: Capabilities
    /** Mints one credential; a request that the vendor cannot serve fails before any call. */
    readonly mint: (request: MintRequest, options?: MintOptions) => Effect.Effect<TempCredential, TempCredentialError>
    /** A credential that can be served at once and without any work, where a wrapper holds one: a hit needs no fiber. */
    readonly cached?: (request: MintRequest) => TempCredential | undefined
    /** Waits, without a fiber, for a mint that is under way for the same request, where there is one; what it returns stops waiting. */
    readonly joined?: (
      request: MintRequest,
      landed: (exit: Exit.Exit<TempCredential, TempCredentialError>) => void
    ) => (() => void) | undefined
    /** Takes back a credential that was refused where it was used, wherever below it is held or shared, so that nobody is given it again. */
    readonly invalidate?: (credential: TempCredential) => Effect.Effect<void>
    /** Takes back the credential of this request's scope that has this fingerprint, wherever below it is held or shared; others stay. */
    readonly invalidateFingerprint?: (request: MintRequest, fingerprint: string) => Effect.Effect<void>
    /** Whether a credential was taken back, here or on another machine, at no cost: what holds credentials asks before it serves one. */
    readonly isInvalidated?: (credential: TempCredential) => boolean
  }
>()("@tempcred/core/TempCredentialProvider") {}
