/** This library as an app uses it: the Promise door, a cache, and an adapter with a fictional vendor. */
import * as Adapter from "@tempcred/core/Adapter"
import { bearer } from "@tempcred/core/Connection"
import { CredentialCache, type Options } from "@tempcred/core/CredentialCache"
import type { MintRequest } from "@tempcred/core/MintRequest"
import * as Minter from "@tempcred/core/Minter"
import { Transport } from "@tempcred/core/Transport"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Door } from "./Door.ts"
import type { Vendor } from "./Vendor.ts"

const apiKey = Redacted.make("long-lived")

/** Makes a provider whose credentials have this lifetime, without cache and transport. */
export const adapter = ({ lifeSeconds }: Pick<Vendor, "lifeSeconds">): Adapter.ProviderLayer =>
  Adapter.make({
    id: "acme",
    options: { apiKey: Adapter.key("ACME_API_KEY") },
    capabilities: {
      "stt.realtime": {
        ttlSeconds: { min: 1, max: 3600, default: lifeSeconds },
        singleUse: true,
        subject: { effect: "recorded" },
        regions: [],
        mintingHasSideEffects: false,
        needed: "connect"
      }
    },
    call: ({ ttlSeconds }) => ({ url: "https://acme.example/tokens", body: { ttl: ttlSeconds } }),
    response: Schema.Struct({ token: Schema.RedactedFromValue(Schema.NonEmptyString) }),
    credential: ({ token }) => ({
      token,
      expiry: { source: "request" },
      connections: [{ kind: "websocket", url: "wss://acme.example/listen", where: "server", placement: bearer }]
    }),
    dialect: { failure: Schema.Struct({}), read: () => ({}) }
  }).layer({ apiKey })

export const transport = (vendor: Vendor): Layer.Layer<Transport> =>
  Layer.succeed(Transport, {
    send: Effect.fnUntraced(function* () {
      const sentAt = yield* Clock.currentTimeMillis
      const token = vendor.issue()
      if (token === undefined) return { status: 503, headers: {}, text: "{}", sentAt, receivedAt: sentAt }
      if (vendor.milliseconds > 0) yield* Effect.sleep(vendor.milliseconds)
      vendor.end()
      const receivedAt = yield* Clock.currentTimeMillis
      return { status: 201, headers: {}, text: JSON.stringify({ token }), sentAt, receivedAt }
    })
  })

/** Makes a cached provider, for programs with their own clock. */
export const layer = (vendor: Vendor, options?: Options) =>
  CredentialCache.layer(options).pipe(Layer.provide(adapter(vendor)), Layer.provide(transport(vendor)))

/** Seeds the random numbers, for equal results in every run. */
export const chance = Layer.effect(Random.Random, Random.withSeed(Random.Random, "bench"))

/** Makes a new request object each time, as apps do. */
export const request = (subject = "user-1"): MintRequest => ({ purpose: "stt.realtime", subject })

const fill = async (minter: Minter.Minter, scopes: number) => {
  const credentials: Array<unknown> = []
  for (let scope = 0; scope < scopes; scope++) credentials.push(await minter.mint(request(`user-${scope}`)))
  return credentials
}

export const ours: Door = {
  name: "tempcred",
  open: (vendor) => {
    const minter = Minter.make(layer(vendor))
    return () => minter.mint(request())
  },
  hold: async (vendor, scopes) => {
    const minter = Minter.make(layer(vendor, { capacity: scopes }))
    await fill(minter, scopes)
    return (subject) => minter.mint(request(subject))
  },
  bare: (vendor, scopes) => fill(Minter.make(adapter(vendor), { transport: transport(vendor) }), scopes)
}
