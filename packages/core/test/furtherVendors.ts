/** Example adapters of vendors without an official one, by the vendors' documentation. */
import * as Adapter from "@tempcred/core/Adapter"
import type { Capability } from "@tempcred/core/Capabilities"
import { bearer } from "@tempcred/core/Connection"
import * as Schema from "effect/Schema"

const secret = Schema.RedactedFromValue(Schema.NonEmptyString)

const common = {
  options: { apiKey: Adapter.key("VENDOR_API_KEY") },
  dialect: { failure: Schema.Struct({ message: Schema.String }), read: () => ({}) }
}

const capability = {
  singleUse: false,
  subject: { effect: "ignored" },
  regions: [],
  mintingHasSideEffects: false,
  needed: "connect"
} as const

/** No parameters; a JWT as text that is valid for ten minutes at one host, and needed again during a session. */
export const azure = Adapter.make({
  ...common,
  options: { ...common.options, region: Adapter.region("AZURE_REGION", { otherwise: "westeurope" }) },
  id: "azure",
  capabilities: {
    "stt.realtime": {
      ...capability,
      ttlSeconds: { min: 600, max: 600, default: 600 },
      regions: ["westeurope", "eastus"],
      needed: "every-request"
    }
  },
  call: ({ region }) => ({
    url: `https://${region}.api.cognitive.microsoft.com/sts/v1.0/issueToken`,
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
})

/** A minute is assumed: neither the documentation nor the response says for how long a session can be opened. */
const assumed = 60

const GladiaResponse = Schema.Struct({ id: Schema.String, url: secret })

/** A mint creates a configured session, and its URL is the credential. Neither request nor response has a lifetime. */
export const gladia = Adapter.make({
  ...common,
  id: "gladia",
  capabilities: {
    "stt.realtime": {
      ...capability,
      ttlSeconds: { min: assumed, max: assumed, default: assumed },
      singleUse: "always",
      sessionLocks: ["all"],
      subject: { effect: "recorded" },
      regions: ["us-west", "eu-west"],
      mintingHasSideEffects: true
    }
  },
  call: ({ region, session, subject }) => ({
    url: "https://api.gladia.io/v2/live",
    query: { region },
    keyHeader: { name: "x-gladia-key", prefix: "" },
    body: { ...session?.config, custom_metadata: subject === undefined ? undefined : { subject } }
  }),
  response: GladiaResponse,
  credential: ({ url }) => ({
    token: url,
    expiry: { source: "documented", seconds: assumed },
    connections: [{ kind: "websocket", url: "{token}", where: "anywhere", placement: { in: "url" } }]
  })
})

const CartesiaResponse = Schema.Struct({ token: secret })
const cartesiaVersion = "2026-08-14"

/** At most an hour. The minimum and the default are undocumented, so these are our own. */
const cartesiaCapability: Capability = { ...capability, ttlSeconds: { min: 1, max: 3600, default: 60 } }

/** A set of grants, a version in a header and in the URL, and an expiry only in the JWT. */
export const cartesia = Adapter.make({
  ...common,
  id: "cartesia",
  capabilities: { "tts.realtime": cartesiaCapability, agent: cartesiaCapability },
  call: ({ purpose, ttlSeconds }) => ({
    url: "https://api.cartesia.ai/access-token",
    headers: { "cartesia-version": cartesiaVersion },
    body: { grants: { tts: purpose === "tts.realtime", agent: purpose === "agent" }, expires_in: ttlSeconds }
  }),
  response: CartesiaResponse,
  credential: ({ token }) => ({
    token,
    expiry: { source: "jwt" },
    connections: [
      { kind: "http", url: "https://api.cartesia.ai/tts/bytes", where: "server", placement: bearer },
      {
        kind: "websocket",
        url: `wss://api.cartesia.ai/tts/websocket?cartesia_version=${cartesiaVersion}`,
        where: "anywhere",
        placement: { in: "query", name: "access_token", value: "{token}" }
      }
    ]
  })
})
