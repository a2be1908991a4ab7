/** The vendors on the page: emulated on free ports, or the real ones with a key in the environment. */
import type { Adapter } from "@tempcred/core/Adapter"
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import * as Providers from "@tempcred/core/Providers"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import * as Node from "@tempcred/emulator/Node"
import * as SonioxEmulator from "@tempcred/emulator/Soniox"
import * as SpeechmaticsEmulator from "@tempcred/emulator/Speechmatics"
import type { Terms } from "@tempcred/server/IssuancePolicy"
import { Soniox } from "@tempcred/soniox"
import { Speechmatics } from "@tempcred/speechmatics"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export type Emulator = SonioxEmulator.Soniox | SpeechmaticsEmulator.Speechmatics

export interface Vendor {
  /** The vendor's id, and the first part of the paths of its token endpoint. */
  readonly id: string
  readonly name: string
  readonly provider: Layer.Layer<TempCredentialProvider, ConfigurationError>
  readonly terms: Terms
  readonly emulator: Emulator | undefined
  /** The missing variable, if the vendor cannot be chosen. */
  readonly missing: string | undefined
}

export interface Options {
  /** The session limit in seconds; a minute is short enough to watch a renewal. @default 60 */
  readonly maxSessionSeconds?: number | undefined
}

/** The vendors; only one of them can limit a session. */
const catalog = ({ maxSessionSeconds = 60 }: Options) => [
  { id: "soniox", name: "Soniox", adapter: Soniox.adapter, maxSession: `${maxSessionSeconds} seconds` as const },
  { id: "speechmatics", name: "Speechmatics", adapter: Speechmatics.adapter, maxSession: undefined }
]

const termsOf = (maxSession: Terms["maxSession"]): Terms => ({ purposes: ["stt.realtime"], maxSession })

/** Makes the stack of an app, with its cache. The key is in `env` and stays in this layer. */
const configured = (adapter: Adapter, env: Readonly<Record<string, string>>) => {
  const variables = ConfigProvider.fromEnv({ env: { ...env, TEMPCRED_PROVIDER: adapter.id } })
  return Providers.layerConfig([adapter]).pipe(
    Layer.provide(Transport.layer),
    Layer.provide(ConfigProvider.layer(variables))
  )
}

/** Starts the emulators, each on its own port until the scope closes. */
export const emulated = Effect.fnUntraced(function* (options: Options = {}) {
  const [soniox, speechmatics] = [SonioxEmulator.make(), SpeechmaticsEmulator.make({ maxSessions: 10 })]
  const emulators: Readonly<Record<string, Emulator>> = { soniox, speechmatics }
  return yield* Effect.forEach(
    catalog(options).flatMap((vendor) => {
      const emulator = emulators[vendor.id]
      return emulator === undefined ? [] : [{ ...vendor, emulator }]
    }),
    Effect.fnUntraced(function* ({ adapter, emulator, id, maxSession, name }) {
      const { origin } = yield* Effect.acquireRelease(
        Effect.promise(() => Node.serve(emulator)),
        (server) => Effect.promise(() => server.close())
      )
      const provider = configured(adapter, emulator.env(origin))
      return { id, name, provider, emulator, terms: termsOf(maxSession), missing: undefined } satisfies Vendor
    })
  )
})

/** Lists the real vendors. */
export const live = (env: Readonly<Record<string, string>>, options: Options = {}): ReadonlyArray<Vendor> =>
  catalog(options).map(({ adapter, id, maxSession, name }) => {
    const key = `${id.toUpperCase()}_API_KEY`
    return {
      id,
      name,
      provider: configured(adapter, env),
      emulator: undefined,
      terms: termsOf(maxSession),
      missing: env[key] || env[`${key}_FILE`] ? undefined : key
    }
  })
