/** Vendors that have no adapter yet fit the types as they are: each is stated as its documents describe it, without a cast. */
import type * as Adapter from "@tempcred/core/Adapter"
import type { Capability } from "@tempcred/core/Capabilities"
import { bearer, type Connections } from "@tempcred/core/Connection"
import { TempCredential } from "@tempcred/core/TempCredential"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { describe, expectTypeOf, it } from "vitest"

const key = Redacted.make("long-lived")
const dialect = { failure: Schema.Struct({ message: Schema.String }), read: () => ({}) }
const secret = Schema.RedactedFromValue(Schema.NonEmptyString)

const capability: Capability = {
  ttlSeconds: { min: 1, max: 3600, default: 60 },
  singleUse: false,
  subject: { effect: "ignored" },
  regions: [],
  mintingHasSideEffects: false,
  needed: "connect"
}

const common = { keys: { apiKey: key }, issues: [], dialect }

type Provider = TempCredentialProvider["Service"]

describe("an adapter's spec", () => {
  it("holds Azure Speech: no parameters, a text answer that is a JWT, needed again during a session, tied to its host", () => {
    const azure: Adapter.Spec<"stt.realtime", Redacted.Redacted, unknown> = {
      ...common,
      provider: "azure",
      capabilities: {
        "stt.realtime": {
          ...capability,
          ttlSeconds: { min: 600, max: 600, default: 600 },
          regions: ["westeurope"],
          needed: "every-request"
        }
      },
      call: ({ region }) => ({
        url: `https://${region}.api.cognitive.microsoft.com/sts/v1.0/issueToken`,
        key,
        keyHeader: { name: "ocp-apim-subscription-key", prefix: "" },
        answer: "text"
      }),
      response: secret,
      credential: (token, { region }) => ({
        token,
        expiry: { source: "jwt" },
        connections: [
          {
            kind: "websocket",
            url: `wss://${region}.stt.speech.microsoft.com/speech/recognition/conversation/cognitiveservices/v1`,
            where: "anywhere",
            placement: { in: "query", name: "Authorization", value: "Bearer {token}" }
          }
        ]
      })
    }
    expectTypeOf(azure.call).returns.toHaveProperty("answer")
  })

  it("holds Gladia: minting opens a session with its configuration, and the credential is a URL", () => {
    const Response = Schema.Struct({ id: Schema.String, url: secret })
    const gladia: Adapter.Spec<"stt.realtime", typeof Response.Type, unknown> = {
      ...common,
      provider: "gladia",
      capabilities: {
        "stt.realtime": {
          ...capability,
          ttlSeconds: { min: 60, max: 60, default: 60 },
          singleUse: "always",
          sessionLocks: ["all"],
          regions: ["eu-west", "us-west"],
          mintingHasSideEffects: true
        }
      },
      call: ({ region, session }) => ({
        url: "https://api.gladia.io/v2/live",
        query: { region },
        key,
        keyHeader: { name: "x-gladia-key", prefix: "" },
        body: { ...session?.config }
      }),
      response: Response,
      credential: ({ url }) => ({
        token: url,
        expiry: { source: "request" },
        connections: [{ kind: "websocket", url: "{token}", where: "anywhere", placement: { in: "url" } }]
      })
    }
    expectTypeOf(gladia.credential).returns.extract<Adapter.Minted>().toHaveProperty("connections")
  })

  it("holds Cartesia: a set of grants, a version in a header and in the URL, the end in the JWT alone", () => {
    const Response = Schema.Struct({ token: secret })
    const version = "2026-08-14"
    const cartesia: Adapter.Spec<"tts.realtime" | "agent", typeof Response.Type, unknown> = {
      ...common,
      provider: "cartesia",
      capabilities: { "tts.realtime": capability, agent: capability },
      call: ({ purpose, ttlSeconds }) => ({
        url: "https://api.cartesia.ai/access-token",
        key,
        headers: { "cartesia-version": version },
        body: { grants: { tts: purpose === "tts.realtime", agent: purpose === "agent" }, expires_in: ttlSeconds }
      }),
      response: Response,
      credential: ({ token }) => ({
        token,
        expiry: { source: "jwt" },
        connections: [
          { kind: "http", url: "https://api.cartesia.ai/tts/bytes", where: "server", placement: bearer },
          {
            kind: "websocket",
            url: `wss://api.cartesia.ai/tts/websocket?cartesia_version=${version}`,
            where: "anywhere",
            placement: { in: "query", name: "access_token", value: "{token}" }
          }
        ]
      })
    }
    expectTypeOf(cartesia.capabilities).toHaveProperty("agent")
  })
})

describe("a provider", () => {
  /** One that signs for itself: no call, no adapter, the same service. */
  const signing = (
    id: string,
    purpose: "stt.realtime" | "realtime",
    token: string,
    connections: Connections
  ): Provider => ({
    id,
    account: Effect.succeed("account"),
    capabilities: { [purpose]: { ...capability, sessionLocks: ["all"] } },
    mint: () =>
      Effect.map(
        DateTime.now,
        (now) =>
          new TempCredential({
            provider: id,
            purpose,
            token: Redacted.make(token),
            issuedAt: now,
            expiresAt: DateTime.add(now, { minutes: 5 }),
            expirySource: "request",
            uses: "many",
            sessionLock: "all",
            relaxed: [],
            connections
          })
      )
  })

  it("holds AWS Transcribe by a presigned URL, which is computed here and binds the whole session", () => {
    const provider = signing(
      "transcribe",
      "stt.realtime",
      "wss://transcribestreaming.eu-west-1.amazonaws.com:8443/?X-Amz-Signature=…",
      [{ kind: "websocket", url: "{token}", where: "anywhere", placement: { in: "url" } }]
    )
    expectTypeOf(provider).toExtend<Provider>()
  })

  it("holds AWS Transcribe by three secrets, which are one text and go to the vendor's SDK", () => {
    const three = JSON.stringify({ accessKeyId: "…", secretAccessKey: "…", sessionToken: "…" })
    const provider = signing("transcribe", "stt.realtime", three, [
      {
        kind: "websocket",
        url: "wss://transcribestreaming.eu-west-1.amazonaws.com:8443",
        where: "anywhere",
        placement: { in: "sdk", name: "credentials" }
      }
    ])
    expectTypeOf(provider).toExtend<Provider>()
  })

  it("holds LiveKit: a JWT that is signed here, and the URL of the server that goes with it to the SDK", () => {
    const provider = signing("livekit", "realtime", "header.claims.signature", [
      {
        kind: "websocket",
        url: "wss://project.livekit.cloud",
        where: "anywhere",
        placement: { in: "sdk", name: "token" }
      }
    ])
    expectTypeOf(provider).toExtend<Provider>()
  })
})
