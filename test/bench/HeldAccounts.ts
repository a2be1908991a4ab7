/** The memory of an account that is held: its whole stack with a cache and one cached credential. */
import { Accounts } from "@tempcred/core/Accounts"
import * as Providers from "@tempcred/core/Providers"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { used } from "./HeldScopes.ts"

/** A vendor in this process, whose tokens are as long as Soniox'. */
let minted = 0
const transport = Layer.succeed(Transport, {
  send: () =>
    Effect.map(DateTime.now, (now) => {
      const at = DateTime.toEpochMillis(now)
      const api_key = `temp:${String((minted += 1)).padStart(64, "0")}`
      const text = JSON.stringify({ api_key, expires_at: DateTime.formatIso(DateTime.add(now, { minutes: 5 })) })
      return { status: 201, headers: {}, text, sentAt: at, receivedAt: at, elapsed: { headers: 0, whole: 0 } }
    })
})

/** Measures the heap bytes of an account. */
export const heap = (accounts: number): Promise<number> =>
  Effect.gen(function* () {
    const layer = Accounts.layer({
      vendors: [Soniox.adapter],
      resolve: (account) => {
        const soniox = Soniox.layer({ apiKey: Redacted.make(`key-of-${account}`) })
        return Effect.succeed(Providers.layer([soniox], { ttl: "5 minutes" }))
      },
      capacity: accounts + 100
    })
    const provider = Context.get(yield* Layer.build(Layer.provide(layer, transport)), TempCredentialProvider)
    const mint = (index: number) =>
      provider.mint({ purpose: "stt.realtime", subject: "u1" }, { account: `account-${index}` })
    yield* Effect.forEach(
      Array.from({ length: 100 }, (_, index) => -1 - index),
      mint,
      { discard: true }
    )
    const before = yield* Effect.promise(used)
    yield* Effect.forEach(
      Array.from({ length: accounts }, (_, index) => index),
      mint,
      { discard: true }
    )
    return ((yield* Effect.promise(used)) - before) / accounts
  }).pipe(Effect.scoped, Effect.runPromise)
