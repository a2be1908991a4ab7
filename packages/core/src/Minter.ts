/**
 * The Promise API, for code that does not use Effect. A minter resolves to credentials, rejects
 * with the same typed errors, takes an `AbortSignal`, and releases its resources when closed.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
 *
 * const minter = Minter.make(Speechmatics.layerConfig)
 * const credential = await minter.mint({ purpose: "stt.realtime" }, { signal: AbortSignal.timeout(30_000) })
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
import { type MintOptions, TempCredentialProvider } from "./TempCredentialProvider.ts"
import { Transport } from "./Transport.ts"
import { holding } from "./temp-credential-provider/Holding.ts"

/**
 * The error of a mint on a closed minter, or on one that closes during the mint.
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
 * A minter of credentials, to be closed when it is no longer needed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Minter extends AsyncDisposable {
  /**
   * Mints a credential.
   *
   * Rejects with `TempCredentialError` if the mint failed, or with `ConfigurationError` if the layer
   * could not be built. Rejects with the signal's reason if it was aborted, or with `ClosedError` if the
   * minter is closed.
   */
  readonly mint: (
    request: MintRequest,
    options?: MintOptions & {
      /** Stops waiting for this mint. Other callers that share the mint continue to wait. */
      readonly signal?: AbortSignal | undefined
    }
  ) => Promise<TempCredential>
  /** Builds the layer now, to report configuration errors at start. Rejects with `ConfigurationError`. */
  readonly ready: () => Promise<void>
  /**
   * Invalidates a credential that the vendor refused. It is not served again, and the next mint returns
   * another credential.
   */
  readonly invalidate: (credential: TempCredential) => Promise<void>
  /** Interrupts mints in progress and releases the layer's resources. */
  readonly close: () => Promise<void>
}

/**
 * Makes a minter from a provider's layer. The layer is built at the first mint or by `ready`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  provider: ProviderLayer,
  options?: {
    /** The HTTP transport. @default Transport.layer */
    readonly transport?: Layer.Layer<Transport, ConfigurationError>
  }
): Minter => {
  const runtime = ManagedRuntime.make(Layer.provide(provider, options?.transport ?? Transport.layer))
  let closed = false
  let service: Provider | undefined
  let latest: { readonly credential: TempCredential; readonly promise: Promise<TempCredential> } | undefined
  const close = async () => {
    closed = true
    latest = undefined
    await runtime.dispose()
  }
  /** Returns the same promise for the same credential, so that a repeated cache hit allocates nothing. */
  const resolved = (credential: TempCredential) => {
    if (latest?.credential !== credential) latest = { credential, promise: Promise.resolve(credential) }
    return latest.promise
  }
  /** Waits for a mint in progress without a fiber. Callers without a signal use it, because they never abort. */
  const joined = (built: Provider, request: MintRequest): Promise<TempCredential> | undefined => {
    const join = built[holding]?.joined
    if (join === undefined) return undefined
    let waits = false
    const promise = new Promise<TempCredential>((resolve, reject) => {
      waits = join(request, settle(resolve, reject)) !== undefined
    })
    return waits ? promise : undefined
  }
  /** Mints as a fiber of the runtime, which `close` interrupts. */
  const straight = (built: Provider, request: MintRequest, wishes: MintOptions): Promise<TempCredential> =>
    new Promise((resolve, reject) => {
      runtime.runCallback(built.mint(request, wishes), { onExit: settle(resolve, reject) })
    })
  const run = async <A, E>(effect: Effect.Effect<A, E, TempCredentialProvider>, signal?: AbortSignal): Promise<A> => {
    signal?.throwIfAborted()
    if (closed) throw new ClosedError({})
    const exit = await runtime.runPromiseExit(effect, signal === undefined ? {} : { signal })
    if (Exit.isSuccess(exit)) return exit.value
    signal?.throwIfAborted()
    throw failure(exit.cause)
  }
  const minted = (request: MintRequest, wishes: MintOptions) =>
    TempCredentialProvider.use((built) => {
      service = built
      return built.mint(request, wishes)
    })
  return {
    mint: (request, { signal, ...wishes } = {}) => {
      if (service === undefined || closed || signal?.aborted === true) return run(minted(request, wishes), signal)
      // A cached credential may not satisfy these options.
      const isChoosy = wishes.minRemaining !== undefined || wishes.refused !== undefined || wishes.account !== undefined
      const hit = isChoosy ? undefined : service[holding]?.cached?.(request)
      if (hit !== undefined) return resolved(hit)
      if (signal !== undefined) return run(minted(request, wishes), signal)
      return (isChoosy ? undefined : joined(service, request)) ?? straight(service, request, wishes)
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

type Provider = TempCredentialProvider["Service"]

/** Settles a promise with the result of a mint. */
const settle =
  (resolve: (credential: TempCredential) => void, reject: (error: unknown) => void) =>
  (exit: Exit.Exit<TempCredential, TempCredentialError | ConfigurationError>): void =>
    Exit.isSuccess(exit) ? resolve(exit.value) : reject(failure(exit.cause))

/** Returns the error of a rejection. An interruption without an aborted signal means that the minter was closed. */
const failure = (cause: Cause.Cause<unknown>): unknown =>
  Cause.hasInterruptsOnly(cause) ? new ClosedError({}) : Cause.squash(cause)
