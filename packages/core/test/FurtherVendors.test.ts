/** Vendors that have no adapter yet keep their own numbers, and their credentials reach a client as they are. */
import { fill } from "@tempcred/core/Connection"
import type { MintRequest } from "@tempcred/core/MintRequest"
import * as TempCredential from "@tempcred/core/TempCredential"
import { TempCredentialError } from "@tempcred/core/TempCredentialError"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { assumedRole, azure, cartesia, gladia, livekit, presigned } from "../typetest/vendors.ts"
import * as Provider from "../src/adapter/Provider.ts"
import * as Acme from "./acme.ts"

type Provider = TempCredentialProvider["Service"]

/** A JWT that ends so many seconds after the beginning of time, which is now. */
const jwt = (exp: number) => `head.${btoa(JSON.stringify({ exp })).replaceAll("=", "")}.signature`

const gladiaUrl = "wss://api.gladia.io/v2/live?token=5a5a"

const answers = {
  azure: Acme.vendor({ status: 200, body: jwt(600) }),
  gladia: Acme.vendor({ status: 201, body: { id: "session-1", url: gladiaUrl } }),
  cartesia: Acme.vendor({ status: 200, body: { token: jwt(900) } })
}

interface Row {
  readonly name: string
  readonly provider: Effect.Effect<Provider, unknown>
  readonly request: MintRequest
  readonly life: number
  /** The vendor that is called, and the body that it gets. */
  readonly sent?: readonly [vendor: ReturnType<typeof Acme.vendor>, body: unknown]
  readonly told: Partial<TempCredential.TempCredential>
  /** What it cannot serve. */
  readonly refused: Partial<MintRequest>
  readonly opened: string
}

const session = { config: { encoding: "wav/pcm" }, lock: "all" } as const

const rows: ReadonlyArray<Row> = [
  {
    name: "Azure",
    provider: Provider.make(azure).pipe(Effect.provide(answers.azure.layer)),
    request: { purpose: "stt.realtime", region: "eastus" },
    life: 600,
    sent: [answers.azure, undefined],
    told: { expirySource: "jwt", uses: "many" },
    refused: { ttl: "5 minutes" },
    opened: "wss://eastus.stt.speech.microsoft.com/"
  },
  {
    name: "Gladia",
    provider: Provider.make(gladia).pipe(Effect.provide(answers.gladia.layer)),
    request: { purpose: "stt.realtime", region: "eu-west", subject: "ann", session },
    life: 60,
    sent: [answers.gladia, { encoding: "wav/pcm", custom_metadata: { subject: "ann" } }],
    told: { expirySource: "documented", uses: "once", sessionLock: "all", subject: "ann" },
    refused: { ttl: "5 minutes" },
    opened: gladiaUrl
  },
  {
    name: "Cartesia",
    provider: Provider.make(cartesia).pipe(Effect.provide(answers.cartesia.layer)),
    request: { purpose: "agent", ttl: "15 minutes" },
    life: 900,
    sent: [answers.cartesia, { grants: { tts: false, agent: true }, expires_in: 900 }],
    told: { expirySource: "jwt", uses: "many" },
    refused: { ttl: "61 minutes" },
    opened: "https://api.cartesia.ai/"
  },
  {
    name: "AWS, presigned",
    provider: Effect.succeed(presigned),
    request: { purpose: "stt.realtime", ttl: "5 minutes", region: "us-east-1", session },
    life: 300,
    told: { expirySource: "request", uses: "many", sessionLock: "all" },
    refused: { ttl: "301 seconds" },
    opened: "wss://transcribestreaming.us-east-1.amazonaws.com:8443/"
  },
  {
    name: "AWS, by a role",
    provider: Effect.succeed(assumedRole),
    request: { purpose: "stt.realtime", subject: "ann", region: "eu-west-1" },
    life: 3600,
    told: { expirySource: "vendor", subject: "ann" },
    refused: { ttl: "899 seconds" },
    opened: "wss://transcribestreaming.eu-west-1.amazonaws.com:8443"
  },
  {
    name: "LiveKit",
    provider: Effect.succeed(livekit),
    request: { purpose: "realtime", subject: "ann" },
    life: 21_600,
    told: { expirySource: "request", subject: "ann" },
    refused: { subject: undefined },
    opened: "wss://project.livekit.cloud"
  }
]

describe.each(rows)("$name", ({ life, opened, provider, refused, request, sent, told }) => {
  const mint = (changes: Partial<MintRequest> = {}) =>
    Effect.flatMap(provider, (service) => service.mint({ ...request, ...changes }))

  it.effect("mints by its own numbers, and refuses what is beyond them", () =>
    Effect.gen(function* () {
      const credential = yield* mint()
      assert.deepInclude(credential, told)
      assert.strictEqual(Duration.toSeconds(DateTime.distance(credential.issuedAt, credential.expiresAt)), life)
      if (sent !== undefined) assert.deepStrictEqual(sent[0].sent.at(-1)?.body, sent[1])
      assert.instanceOf(yield* Effect.flip(mint(refused)), TempCredentialError)
    })
  )

  it.effect("has a credential that crosses to a client and back, and connects there", () =>
    Effect.gen(function* () {
      const credential = yield* mint()
      const received = yield* TempCredential.decode(JSON.parse(JSON.stringify(TempCredential.encode(credential))))
      assert.deepStrictEqual(received, credential)
      assert.isTrue(fill(received.connections[0], received.token).url.startsWith(opened))
    })
  )
})
