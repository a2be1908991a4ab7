/** Example adapters of further vendors: their limits apply, and a client can decode their credentials. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import { fill } from "@tempcred/core/Connection"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { TempCredential } from "@tempcred/core/TempCredential"
import { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { azure, cartesia, gladia } from "./furtherVendors.ts"
import * as Acme from "./acme.ts"

type Provider = TempCredentialProvider["Service"]

/** A JWT that expires this many seconds after 1970, which is the test's current time. */
const jwt = (exp: number) => `head.${btoa(JSON.stringify({ exp })).replaceAll("=", "")}.signature`

const gladiaUrl = "wss://api.gladia.io/v2/live?token=5a5a"

const answers = {
  azure: Acme.vendor({ status: 200, body: jwt(600) }),
  gladia: Acme.vendor({ status: 201, body: { id: "session-1", url: gladiaUrl } }),
  cartesia: Acme.vendor({ status: 200, body: { token: jwt(900) } })
}

const apiKey = Redacted.make("long-lived")

const providerOf = (
  { layer }: { readonly layer: (options: { apiKey: typeof apiKey }) => ProviderLayer },
  vendor: ReturnType<typeof Acme.vendor>
) => TempCredentialProvider.pipe(Effect.provide(Layer.provide(layer({ apiKey }), vendor.layer)))

interface Row {
  readonly name: string
  readonly provider: Effect.Effect<Provider, unknown>
  readonly request: MintRequest
  readonly life: number
  /** The vendor that is called, and the request body. */
  readonly sent?: readonly [vendor: ReturnType<typeof Acme.vendor>, body: unknown]
  readonly told: Partial<TempCredential>
  /** A change to the request that the vendor does not support. */
  readonly refused: Partial<MintRequest>
  readonly opened: string
}

const session = { config: { encoding: "wav/pcm" }, lock: "all" } as const

const rows: ReadonlyArray<Row> = [
  {
    name: "Azure",
    provider: providerOf(azure, answers.azure),
    request: { purpose: "stt.realtime", region: "eastus" },
    life: 600,
    sent: [answers.azure, undefined],
    told: { expirySource: "jwt", uses: "many" },
    refused: { ttl: "5 minutes" },
    opened: "wss://eastus.stt.speech.microsoft.com/"
  },
  {
    name: "Gladia",
    provider: providerOf(gladia, answers.gladia),
    request: { purpose: "stt.realtime", region: "eu-west", subject: "ann", session },
    life: 60,
    sent: [answers.gladia, { encoding: "wav/pcm", custom_metadata: { subject: "ann" } }],
    told: { expirySource: "documented", uses: "once", sessionLock: "all", subject: "ann" },
    refused: { ttl: "5 minutes" },
    opened: gladiaUrl
  },
  {
    name: "Cartesia",
    provider: providerOf(cartesia, answers.cartesia),
    request: { purpose: "agent", ttl: "15 minutes" },
    life: 900,
    sent: [answers.cartesia, { grants: { tts: false, agent: true }, expires_in: 900 }],
    told: { expirySource: "jwt", uses: "many" },
    refused: { ttl: "61 minutes" },
    opened: "https://api.cartesia.ai/"
  }
]

describe.each(rows)("$name", ({ life, opened, provider, refused, request, sent, told }) => {
  const mint = (changes: Partial<MintRequest> = {}) =>
    Effect.flatMap(provider, (service) => service.mint({ ...request, ...changes }))

  it.effect("mints within the vendor's limits, and rejects a request beyond them", () =>
    Effect.gen(function* () {
      const credential = yield* mint()
      assert.deepInclude(credential, told)
      assert.strictEqual(Duration.toSeconds(DateTime.distance(credential.issuedAt, credential.expiresAt)), life)
      if (sent !== undefined) assert.deepStrictEqual(sent[0].sent.at(-1)?.body, sent[1])
      assert.instanceOf(yield* Effect.flip(mint(refused)), TempCredentialError)
    })
  )

  it.effect("has a credential that a client can decode and connect with", () =>
    Effect.gen(function* () {
      const credential = yield* mint()
      const received = yield* TempCredential.decode(JSON.parse(JSON.stringify(TempCredential.encode(credential))))
      assert.deepStrictEqual(received, credential)
      assert.isTrue(fill(received.connections[0], received.token).url.startsWith(opened))
    })
  )
})
