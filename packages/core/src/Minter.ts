/**
 * The Promise door, for code that does not use Effect: a minter that resolves to credentials, rejects with the same typed error, takes
 * an `AbortSignal`, and closes what it opened.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
 *
 * const minter = Minter.make(Speechmatics.layerConfig)
 * const credential = await minter.mint({ purpose: "stt.realtime" }, { signal: AbortSignal.timeout(5000) })
 * console.log(credential.provider) // => speechmatics
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import type { ProviderLayer } from "./Adapter.ts"
import type { ConfigurationError } from "./ConfigurationError.ts"
import type { MintRequest } from "./MintRequest.ts"
import type { TempCredential } from "./TempCredential.ts"
import type { TempCredentialError } from "./TempCredentialError.ts"
import * as MinRemaining from "./MinRemaining.ts"
import { type MintOptions, TempCredentialProvider } from "./TempCredentialProvider.ts"
import { layerFetch, type Transport } from "./Transport.ts"

/**
 * The minter was closed, before or during a mint.
 *
 * @category errors
 * @since 0.1.0
 */
export class ClosedError extends Schema.TaggedError<ClosedError>()("ClosedError", {}) {
  override get message(): string {
    return "this minter is closed: make a new one"
  }
}

/**
 * Mints credentials as promises until it is closed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Minter extends AsyncDisposable {
  /**
   * Mints one credential. Rejects with `TempCredentialError`; with `ConfigurationError` when the layer could not be built; with the signal's
   * own reason when it was aborted; with `ClosedError` when the minter is or gets closed.
   */
  readonly mint: (
    request: MintRequest,
    options?: MintOptions & {
      /** Ends the wait for this mint; others who wait for the same one go on. */
      readonly signal?: AbortSignal | undefined
    }
  ) => Promise<TempCredential>
  /** Builds the layer now, so that a configuration that cannot be used shows at start: rejects with `ConfigurationError`. */
  readonly ready: () => Promise<void>
  /** Takes back a credential that was refused where it was used, so that nobody is given it again; the next mint brings another. */
  readonly invalidate: (credential: TempCredential) => Promise<void>
  /** Interrupts what is under way and closes what the layer opened. */
  readonly close: () => Promise<void>
}

/**
 * Makes a minter of a provider's layer. Nothing is built before the first mint.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  provider: ProviderLayer,
  options?: {
    /** How bytes reach the vendor. @default Transport.layerFetch */
    readonly transport?: Layer.Layer<Transport, ConfigurationError>
  }
): Minter => {
  const runtime = ManagedRuntime.make(Layer.provide(provider, options?.transport ?? layerFetch))
  let closed = false
  let service: TempCredentialProvider["Service"] | undefined
  let latest: { readonly credential: TempCredential; readonly promise: Promise<TempCredential> } | undefined
  const close = async () => {
    closed = true
    latest = undefined
    await runtime.dispose()
  }
  /** Who asks again for what was given last gets the same promise: such a hit allocates nothing. */
  const resolved = (credential: TempCredential) => {
    if (latest?.credential !== credential) latest = { credential, promise: Promise.resolve(credential) }
    return latest.promise
  }
  /** Who has no signal cannot leave, and needs no fiber to wait for a mint that is under way. */
  const joined = (request: MintRequest): Promise<TempCredential> | undefined => {
    let waits = false
    const promise = new Promise<TempCredential>((resolve, reject) => {
      const landed = (exit: Exit.Exit<TempCredential, TempCredentialError>) =>
        Exit.isSuccess(exit) ? resolve(exit.value) : reject(failure(exit.cause))
      waits = service?.joined?.(request, landed) !== undefined
    })
    return waits ? promise : undefined
  }
  const run = async <A, E>(effect: Effect.Effect<A, E, TempCredentialProvider>, signal?: AbortSignal): Promise<A> => {
    signal?.throwIfAborted()
    if (closed) throw new ClosedError({})
    const exit = await runtime.runPromiseExit(effect, signal === undefined ? {} : { signal })
    if (Exit.isSuccess(exit)) return exit.value
    signal?.throwIfAborted()
    throw failure(exit.cause)
  }
  const minted = (request: MintRequest, wishes?: MintOptions) =>
    TempCredentialProvider.use((built) => {
      service = built
      return Effect.andThen(MinRemaining.read(built.id, wishes?.minRemaining), built.mint(request, wishes))
    })
  return {
    mint: (request, { signal, ...wishes } = {}) => {
      // What is held may not be what this caller accepts.
      if (wishes.minRemaining !== undefined || wishes.refused !== undefined) {
        return run(minted(request, wishes), signal)
      }
      if (closed || signal?.aborted === true) return run(minted(request), signal)
      const hit = service?.cached?.(request)
      if (hit !== undefined) return resolved(hit)
      return (signal === undefined ? joined(request) : undefined) ?? run(minted(request), signal)
    },
    ready: () =>
      run(
        TempCredentialProvider.useSync((built) => {
          service = built
        })
      ),
    invalidate: (credential) => {
      latest = undefined
      return run(TempCredentialProvider.use((built) => built.invalidate?.(credential) ?? Effect.void))
    },
    close,
    [Symbol.asyncDispose]: close
  }
}

/** What a promise rejects with: an interruption that no signal asked for is the minter being closed. */
const failure = (cause: Cause.Cause<unknown>): unknown =>
  Cause.hasInterruptsOnly(cause) ? new ClosedError({}) : Cause.squash(cause)
