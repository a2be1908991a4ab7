/** The engine of a minter that configuration or options describe. */
import { Accounts } from "@tempcred/core/Accounts"
import type { Adapter, ProviderLayer } from "@tempcred/core/Adapter"
import * as Providers from "@tempcred/core/Providers"
import * as Redis from "@tempcred/redis/Redis"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { hasSource, internal } from "../plain/internal.ts"
import type { MinterOptions, Provider } from "../plain/minter-types.ts"
import type { Engine, Outcome } from "./Engine.ts"
import { vendors } from "./Registry.ts"
import { settingsOf } from "./Settings.ts"
import { start } from "./start.ts"

/** Starts the engine. Options replace the variables of the environment. */
export const startConfigured = async (options: MinterOptions): Promise<Outcome<Engine>> => {
  const { env, providers } = options
  const redis = connector()
  const layer = options.accounts === undefined ? await stack(options, redis, providers) : await accounts(options, redis)
  const environment =
    env === undefined ? Layer.empty : ConfigProvider.layer(ConfigProvider.fromEnv({ env: defined(env) }))
  return { type: "done", value: start(Layer.provide(layer, environment), options) }
}

type Connect = typeof Redis.connect

/** Connects to the Redis at each URL once, so that all accounts share the connection. */
const connector = (): Connect => {
  const stores = new Map<string, Redis.Redis>()
  return (url) => {
    const text = typeof url === "string" ? url : Redacted.value(url)
    const store = stores.get(text) ?? Redis.connect(url)
    stores.set(text, store)
    return store
  }
}

/** Makes the stack of providers, or of those that variables name. */
const stack = async (
  options: MinterOptions,
  redis: Connect,
  providers?: ReadonlyArray<Provider>
): Promise<ProviderLayer> =>
  Providers.layerConfig(vendors, {
    ...(await settingsOf(options)),
    provider: options.provider === undefined ? undefined : [options.provider].flat(),
    vendors: providers === undefined ? undefined : await loadAll(providers),
    redis
  })

/** Makes the provider of all accounts. */
const accounts = async (options: MinterOptions, redis: Connect): Promise<ProviderLayer> => {
  const { accounts: lookUp = async () => undefined, maxAccounts, provider } = options
  const names = provider === undefined ? undefined : [provider].flat()
  const chosen = vendors.filter(({ id }) => names === undefined || names.some((name) => name === id))
  const [first, ...others] = await Promise.all(chosen.map(({ load: adapter }) => adapter()))
  if (first === undefined) throw new TypeError("provider must name one provider or more")
  return accountsOf([first, ...others], maxAccounts, async (account) => {
    const providers = await lookUp(account)
    return providers === undefined ? undefined : stack(options, redis, providers)
  })
}

const accountsOf = (
  adapters: readonly [Adapter, ...ReadonlyArray<Adapter>],
  capacity: number | undefined,
  resolve: (account: string) => Promise<ProviderLayer | undefined>
): ProviderLayer =>
  Layer.unwrap(
    // An account's stack reads the same environment.
    Effect.map(ConfigProvider.ConfigProvider, (environment) =>
      Accounts.layer({
        vendors: adapters,
        capacity,
        resolve: (account) =>
          Effect.map(
            Effect.tryPromise(() => resolve(account)),
            (layer) => layer && Layer.provide(layer, ConfigProvider.layer(environment))
          )
      })
    )
  )

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
