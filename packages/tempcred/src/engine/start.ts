/** Starts the engine over a provider. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as Minter from "@tempcred/core/Minter"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { VendorMinterOptions } from "../plain/minter-types.ts"
import type { Engine } from "./Engine.ts"
import { eventsOf } from "./Events.ts"
import { credentialOf, originOf, settled } from "./Outcomes.ts"
import { transportOf } from "./Transports.ts"

/** Starts the engine. The provider is built once, for the minter and for its endpoints. */
export const start = (
  layer: ProviderLayer,
  { fetch, onEvent }: Pick<VendorMinterOptions, "fetch" | "onEvent">
): Engine => {
  const runtime = ManagedRuntime.make(layer.pipe(Layer.provide([transportOf(fetch), eventsOf(onEvent)])))
  const provider = Layer.effect(
    TempCredentialProvider,
    Effect.flatten(Effect.promise(() => runtime.runPromiseExit(TempCredentialProvider.use(Effect.succeed))))
  )
  const minter = Minter.make(provider)
  return {
    provider,
    mint: ({ account, ...request }, options) =>
      settled(async () =>
        credentialOf(await minter.mint(request, account === undefined ? options : { ...options, account }))
      ),
    invalidate: (credential) =>
      settled(async () => {
        const origin = originOf(credential)
        if (origin === undefined) throw new TypeError("this credential is not of a minter of this process")
        await minter.invalidate(origin)
      }),
    ready: () => settled(minter.ready),
    close: async () => {
      await minter.close()
      await runtime.dispose()
    }
  }
}
