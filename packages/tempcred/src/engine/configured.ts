/** The engine of a minter that configuration or options describe. */
import * as Providers from "@tempcred/core/Providers"
import * as Redis from "@tempcred/redis/Redis"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import { hasSource, internal } from "../plain/internal.ts"
import type { MinterOptions, Provider } from "../plain/minter-types.ts"
import type { Engine, Outcome } from "./Engine.ts"
import { vendors } from "./Registry.ts"
import { settingsOf } from "./Settings.ts"
import { start } from "./start.ts"

/** Starts the engine. Options replace the variables of the environment. */
export const startConfigured = async (options: MinterOptions): Promise<Outcome<Engine>> => {
  const { env, provider, providers } = options
  const layer = Providers.layerConfig(vendors, {
    ...(await settingsOf(options)),
    provider: provider === undefined ? undefined : [provider].flat(),
    vendors: providers === undefined ? undefined : await loadAll(providers),
    redis: Redis.connect
  })
  const environment =
    env === undefined ? Layer.empty : ConfigProvider.layer(ConfigProvider.fromEnv({ env: defined(env) }))
  return { type: "done", value: start(Layer.provide(layer, environment), options) }
}

/** Loads the adapters of providers. */
const loadAll = async ([first, ...others]: ReadonlyArray<Provider>): Promise<Providers.Vendors> => {
  if (first === undefined) throw new TypeError("providers must name one provider or more")
  return [await load(first), ...(await Promise.all(others.map(load)))]
}

const load = async (provider: Provider) => {
  if (hasSource(provider)) return provider[internal].load()
  throw new TypeError("providers must be made by functions such as soniox(…) of tempcred/soniox")
}

const defined = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
