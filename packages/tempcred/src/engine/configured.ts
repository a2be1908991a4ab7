/** The engine of a minter that configuration or options describe. */
import { Accounts } from "@tempcred/core/Accounts"
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as Providers from "@tempcred/core/Providers"
import * as Redis from "@tempcred/redis/Redis"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { sources } from "../plain/internal.ts"
import type { MinterOptions, Provider } from "../plain/minter-types.ts"
import { accountsOf } from "./Accounts.ts"
import type { Engine, Outcome } from "./Engine.ts"
import { misuse, requireKnown } from "./Misuse.ts"
import { settled } from "./Outcomes.ts"
import { vendors } from "./Registry.ts"
import { settingsOf } from "./Settings.ts"
import { start } from "./start.ts"

const known = [
  "provider",
  "providers",
  "accounts",
  "maxAccounts",
  "env",
  "ttl",
  "timeout",
  "retries",
  "rateLimit",
  "pool",
  "cache",
  "onEvent",
  "onError",
  "fetch"
] satisfies ReadonlyArray<keyof MinterOptions>

/** Starts the engine. Options replace the variables of the environment. */
export const startConfigured = (options: MinterOptions): Promise<Outcome<Engine>> =>
  settled(async () => {
    requireKnown("createMinter", options, known)
    const { accounts, env, providers } = options
    if (accounts !== undefined && providers !== undefined) {
      throw misuse("createMinter.providers", "cannot be set beside accounts, which return the providers")
    }
    const redis = connector()
    const layer =
      accounts === undefined
        ? await stack(options, redis, providers)
        : await accountsOf(accounts, options, (found) => stack(options, redis, found))
    const environment =
      env === undefined ? Layer.empty : ConfigProvider.layer(ConfigProvider.fromEnv({ env: defined(env) }))
    return start(Layer.provide(layer, environment), options, accounts && Accounts)
  })

type Connect = typeof Redis.connect

/** Connects to the Redis at each URL once, so that all accounts share the connection. */
const connector = (): Connect => {
  const made = new Map<string, Redis.Redis>()
  return (url) => {
    const text = typeof url === "string" ? url : Redacted.value(url)
    const store = made.get(text) ?? Redis.connect(url)
    made.set(text, store)
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

/** Loads the adapters of providers. */
const loadAll = async (providers: ReadonlyArray<Provider>): Promise<Providers.Vendors> => {
  const [first, ...others] = Array.isArray(providers) ? await Promise.all(providers.map(load)) : []
  if (first === undefined) throw notProviders
  return [first, ...others]
}

const load = (provider: Provider): Promise<ProviderLayer> => {
  const source = sources.get(provider)
  if (source === undefined) throw notProviders
  return source.load()
}

const notProviders = misuse(
  "createMinter.providers",
  "must be a list of providers, such as [soniox({ apiKey })] of tempcred/soniox"
)

const defined = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
