/** The two vendors as emulators on free ports, and their different refusals. */
import * as Providers from "@tempcred/core/Providers"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import * as Node from "@tempcred/emulator/Node"
import * as SonioxEmulator from "@tempcred/emulator/Soniox"
import * as SpeechmaticsEmulator from "@tempcred/emulator/Speechmatics"
import { Soniox } from "@tempcred/soniox"
import { Speechmatics } from "@tempcred/speechmatics"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Makes the provider: `TEMPCRED_PROVIDER` and the vendor's own variables choose the vendor. */
export const layer = (env: Readonly<Record<string, string>>) =>
  Providers.layerConfig([Soniox.adapter, Speechmatics.adapter]).pipe(
    Layer.provide(Transport.layer),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
  )

const emulated = Effect.fnUntraced(function* <E extends SonioxEmulator.Soniox | SpeechmaticsEmulator.Speechmatics>(
  emulator: E
) {
  const server = yield* Effect.acquireRelease(
    Effect.promise(() => Node.serve(emulator)),
    (running) => Effect.promise(() => running.close())
  )
  const context = yield* Layer.build(layer({ TEMPCRED_PROVIDER: emulator.vendor, ...emulator.env(server.origin) }))
  return {
    emulator,
    origin: server.origin,
    provide: <A, Error>(effect: Effect.Effect<A, Error, TempCredentialProvider>): Effect.Effect<A, Error> =>
      Effect.provideContext(effect, context)
  }
})

export const vendors = Effect.gen(function* () {
  const soniox = yield* emulated(SonioxEmulator.make())
  const speechmatics = yield* emulated(SpeechmaticsEmulator.make())
  return [
    {
      ...soniox,
      mintRoute: SonioxEmulator.mintRoute,
      expected: {
        forbidden: "PermissionError (403)",
        expired: "401 unauthenticated",
        spent: "401 unauthenticated"
      }
    },
    {
      ...speechmatics,
      mintRoute: SpeechmaticsEmulator.mintRoute,
      // Speechmatics answers 403 to an unknown key, and its own client expects it.
      expected: { forbidden: "AuthenticationError (403)", expired: "not_authorised", spent: "UnsupportedError" }
    }
  ] as const
})

export type Vendor = Effect.Success<typeof vendors>[number]
