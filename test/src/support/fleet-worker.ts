/** One machine of a fleet: a provider with a cache over sharing over Soniox, asked and answering through the channel to its parent. */
import { CredentialCache } from "@tempcred/core/CredentialCache"
import * as CredentialSharing from "@tempcred/core/CredentialSharing"
import * as Events from "@tempcred/core/Events"
import type { MintRequest } from "@tempcred/core/MintRequest"
import type { TempCredential } from "@tempcred/core/TempCredential"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import * as Redis from "@tempcred/redis/Redis"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"

/** What a worker is told when it starts, as JSON in its first argument. */
export interface Settings {
  readonly redisUrl: string
  readonly key: string
  readonly origin: string
  readonly apiKey: string
  /** In milliseconds, as is the lease. */
  readonly limit: number
  readonly lease: number
}

export type Act =
  | {
      readonly act: "mint"
      readonly times: number
      readonly request: MintRequest
      readonly cached: boolean
      readonly refused?: string
    }
  /** Takes back what was minted last. */
  | { readonly act: "invalidate" }

export type Ask = Act & { readonly id: number }

export type Message =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Event"; readonly event: string }
  | {
      readonly _tag: "Answer"
      readonly id: number
      readonly tokens: ReadonlyArray<string>
      readonly error: string | undefined
      readonly milliseconds: number
    }

const send = (message: Message): void => void process.send?.(message)

const settings: Settings = JSON.parse(process.argv[2] ?? "{}")

const sharing = CredentialSharing.layer({
  store: Redis.connect(settings.redisUrl),
  keys: [Redacted.make(settings.key)],
  limit: `${settings.limit} millis`,
  lease: `${settings.lease} millis`
}).pipe(
  Layer.provide(Soniox.layer({ apiKey: Redacted.make(settings.apiKey), baseUrl: settings.origin })),
  Layer.provide([
    Transport.layer,
    Events.layer((event) => Effect.sync(() => send({ _tag: "Event", event: event._tag })))
  ])
)
const runtime = ManagedRuntime.make(sharing)
const bare = await runtime.runPromise(TempCredentialProvider)
const cache = ManagedRuntime.make(Layer.provide(CredentialCache.layer(), Layer.succeed(TempCredentialProvider, bare)))
const cached = await cache.runPromise(TempCredentialProvider)

let last: TempCredential | undefined

const perform = async (ask: Act): Promise<ReadonlyArray<string>> => {
  if (ask.act === "invalidate") {
    if (last !== undefined) await runtime.runPromise(cached.invalidate?.(last) ?? Effect.void)
    return []
  }
  const provider = ask.cached ? cached : bare
  const mint = () => runtime.runPromise(provider.mint(ask.request, { refused: ask.refused }))
  const credentials = await Promise.all(Array.from({ length: ask.times }, mint))
  last = credentials.at(-1)
  return credentials.map(({ token }) => Redacted.value(token))
}

process.on("message", (ask: Ask) => {
  const began = performance.now()
  const answer = (tokens: ReadonlyArray<string>, error?: string) =>
    send({ _tag: "Answer", id: ask.id, tokens, error, milliseconds: performance.now() - began })
  void perform(ask).then(
    (tokens) => answer(tokens),
    (error: unknown) => answer([], String(error))
  )
})
process.on("disconnect", () => process.exit())
send({ _tag: "Ready" })
