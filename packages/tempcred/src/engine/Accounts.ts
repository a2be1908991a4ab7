/** The provider of many accounts. */
import { Accounts } from "@tempcred/core/Accounts"
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { MinterOptions, Provider } from "../plain/minter-types.ts"
import { misuse } from "./Misuse.ts"
import { vendors } from "./Registry.ts"

/** Makes the provider. `stackOf` makes the stack of one account. */
export const accountsOf = async (
  lookUp: NonNullable<MinterOptions["accounts"]>,
  { maxAccounts, onError, provider }: MinterOptions,
  stackOf: (providers: ReadonlyArray<Provider>) => Promise<ProviderLayer>
): Promise<ProviderLayer> => {
  if (typeof lookUp !== "function") throw misuse("createMinter.accounts", "must be a function")
  const names = provider === undefined ? vendors.map(({ id }) => id) : [provider].flat()
  const chosen = names.map((name) => vendors.find(({ id }) => id === name))
  const [first, ...others] = await Promise.all(chosen.flatMap((vendor) => vendor?.load() ?? []))
  if (first === undefined || others.length + 1 < names.length) {
    throw misuse(
      "createMinter.provider",
      `names an unknown provider; known are ${vendors.map(({ id }) => id).join(", ")}`
    )
  }
  const resolve = async (account: string): Promise<ProviderLayer | undefined> => {
    const found = await lookUp(account)
    if (!found || found.length === 0) return undefined
    const foreign = found.find(({ id }) => !names.includes(id))
    if (foreign === undefined) return stackOf(found)
    throw new TypeError(`accounts returned ${foreign.id}, which is not in provider: ${names.join(", ")}`)
  }
  const reported = async (account: string): Promise<ProviderLayer | undefined> => {
    try {
      return await resolve(account)
    } catch (error) {
      const telling = async () => onError?.(error)
      await telling().catch(() => {})
      throw error
    }
  }
  return Layer.unwrap(
    // An account's stack reads the same environment.
    Effect.map(ConfigProvider.ConfigProvider, (environment) =>
      Accounts.layer({
        vendors: [first, ...others],
        capacity: maxAccounts,
        resolve: (account) =>
          Effect.map(
            Effect.tryPromise(() => reported(account)),
            (layer) => layer && Layer.provide(layer, ConfigProvider.layer(environment))
          )
      })
    )
  )
}
