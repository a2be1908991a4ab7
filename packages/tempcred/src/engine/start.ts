/** Starts the engine over a provider. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import * as Minter from "@tempcred/core/Minter"
import type { Accounts } from "@tempcred/core/Accounts"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { MinterOptions } from "../plain/minter-types.ts"
import type { Engine, Outcome } from "./Engine.ts"
import { eventsOf } from "./Events.ts"
import { credentialOf, originOf, settled } from "./Outcomes.ts"
import { transportOf } from "./Transports.ts"

/** An account without `accounts` would be a mistake that mints with the wrong key. */
const withoutAccounts: Outcome<never> = {
  type: "misconfigured",
  issues: [{ name: "createMinter.accounts", message: "is not set, but a request names an account" }]
}

/** Starts the engine. The provider is built once, for the minter and for its endpoints. `accounts` is the service that a provider of accounts has beside it. */
export const start = (
  layer: ProviderLayer,
  { fetch, onEvent }: Pick<MinterOptions, "fetch" | "onEvent">,
  accounts?: typeof Accounts
): Engine => {
  const runtime = ManagedRuntime.make(layer.pipe(Layer.provide([transportOf(fetch), eventsOf(onEvent)])))
  const provider = Layer.effect(
    TempCredentialProvider,
    Effect.flatten(Effect.promise(() => runtime.runPromiseExit(TempCredentialProvider.use(Effect.succeed))))
  )
  const minter = Minter.make(provider)
  return {
    provider,
    mint: ({ account, ...request }, options) => {
      if (account === undefined) return settled(async () => credentialOf(await minter.mint(request, options)))
      if (accounts === undefined) return Promise.resolve(withoutAccounts)
      return settled(async () => credentialOf(await minter.mint(request, { ...options, account })))
    },
    invalidate: (credential) =>
      settled(async () => {
        const origin = originOf(credential)
        if (origin === undefined) throw new TypeError("this credential is not of a minter of this process")
        await minter.invalidate(origin)
      }),
    forget: (account) =>
      settled(() =>
        runtime.runPromise(
          accounts === undefined
            ? Effect.void
            : Effect.flatMap(Effect.serviceOption(accounts), (held) =>
                Option.match(held, { onNone: () => Effect.void, onSome: ({ forget }) => forget(account) })
              )
        )
      ),
    ready: () => settled(minter.ready),
    close: async () => {
      await minter.close()
      await runtime.dispose()
    }
  }
}
