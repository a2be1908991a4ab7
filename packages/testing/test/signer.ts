/** The smallest adapter that signs, and for each clause on signatures one that breaks it. */
import * as Adapter from "@tempcred/core/Adapter"
import { bearer } from "@tempcred/core/Connection"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import * as Emulator from "@tempcred/emulator/Emulator"
import type { Subject } from "@tempcred/testing/Contract"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { hmac, hex } from "./signatures.ts"

const key = "signers-long-lived-key"

const options = { apiKey: Adapter.key("SIGNER_API_KEY"), baseUrl: Adapter.url("SIGNER_URL") }

type Definition = Adapter.SigningDefinition<typeof options, "agent">

const definition: Definition = {
  id: "signer",
  options,
  capabilities: {
    agent: {
      ttlSeconds: { min: 10, max: 600, default: 60 },
      singleUse: false,
      subject: { effect: "ignored" },
      regions: [],
      mintingHasSideEffects: false,
      needed: "connect"
    }
  },
  sign: ({ ttlSeconds }, { keys, now, options: { baseUrl = "https://signer.example" } }) =>
    Effect.map(hmac(Redacted.value(keys.key), `${DateTime.toEpochMillis(now)} ${ttlSeconds}`), (signature) => ({
      token: Redacted.make(`${ttlSeconds}.${hex(signature)}`),
      expiry: { source: "request", told: "moment" },
      connections: [{ kind: "http", url: baseUrl, where: "anywhere", placement: bearer }]
    }))
}

const adapter = (change: Partial<Definition> = {}) =>
  Adapter.withConfig(Adapter.makeSigning({ ...definition, ...change }))

const emulator = (settings: Emulator.Options = {}): Emulator.Emulator =>
  Emulator.make(
    {
      vendor: "signer",
      apiKey: key,
      region: "everywhere",
      hosts: { "signer.example": "everywhere" },
      env: (origin) => ({ SIGNER_API_KEY: key, SIGNER_URL: origin }),
      routes: { "POST /tokens": () => Response.json({}) },
      sockets: {},
      unknown: () => new Response(null, { status: 404 }),
      minting: [],
      tooMany: () => new Response(null, { status: 429 })
    },
    settings
  )

export const subject: Subject = { adapter: adapter(), emulator, request: { purpose: "agent" } }

/** Calls the vendor before each mint. */
const calling = adapter()

const { sign } = definition

export const broken: Readonly<Record<string, Subject["adapter"]>> = {
  "a mint makes no call": {
    ...calling,
    layerConfig: Layer.effect(
      TempCredentialProvider,
      Effect.gen(function* () {
        const provider = yield* TempCredentialProvider
        const transport = yield* Transport
        const url = new URL("http://127.0.0.1:9/tokens")
        const call = Effect.ignore(transport.send({ method: "POST", url, key: Redacted.make(key) }))
        return { ...provider, mint: (request) => Effect.andThen(call, provider.mint(request)) }
      })
    ).pipe(Layer.provide(calling.layerConfig))
  },
  "another key signs another credential at the same time": adapter({
    sign: (request, context) => sign(request, { ...context, keys: { key: Redacted.make("fixed") } })
  }),
  "neither key nor token appears in a credential or a span, and the token does not contain the key": adapter({
    sign: (request, context) =>
      Effect.map(sign(request, context), (minted) => ({
        ...minted,
        connections: [
          {
            kind: "http",
            url: `https://signer.example/${Redacted.value(minted.token)}`,
            where: "anywhere",
            placement: bearer
          }
        ]
      }))
  })
}
