/** Vendors that have no adapter, each stated as its documents describe it, with its own numbers. */
import type { Spec } from "../src/adapter/Spec.ts"
import { type Capabilities, type Capability, resolve, type Resolved } from "@tempcred/core/Capabilities"
import { bearer, type Connections } from "@tempcred/core/Connection"
import * as MintRequest from "@tempcred/core/MintRequest"
import { TempCredential } from "@tempcred/core/TempCredential"
import { TempCredentialError } from "@tempcred/core/TempCredentialError"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const key = Redacted.make("long-lived")
const secret = Schema.RedactedFromValue(Schema.NonEmptyString)

const common = {
  keys: { apiKey: key },
  issues: [],
  dialect: { failure: Schema.Struct({ message: Schema.String }), read: () => ({}) }
}

const capability = {
  singleUse: false,
  subject: { effect: "ignored" },
  regions: [],
  mintingHasSideEffects: false,
  needed: "connect"
} as const

/** No parameters, ten minutes, a text answer that is a JWT, tied to the host that issued it, and wanted again during a session. */
export const azure: Spec<"stt.realtime", Redacted.Redacted, { readonly message: string }> = {
  ...common,
  provider: "azure",
  capabilities: {
    "stt.realtime": {
      ...capability,
      ttlSeconds: { min: 600, max: 600, default: 600 },
      regions: ["westeurope", "eastus"],
      needed: "every-request"
    }
  },
  region: "westeurope",
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

/** No document says for how long a session that was begun can be opened, and no reply does: a minute is assumed. */
const assumed = 60

const GladiaResponse = Schema.Struct({ id: Schema.String, url: secret })

/** Minting begins a session with its configuration, and the credential is the URL of that session; no length is sent or told. */
export const gladia: Spec<"stt.realtime", typeof GladiaResponse.Type, { readonly message: string }> = {
  ...common,
  provider: "gladia",
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
    key,
    keyHeader: { name: "x-gladia-key", prefix: "" },
    body: { ...session?.config, custom_metadata: subject === undefined ? undefined : { subject } }
  }),
  response: GladiaResponse,
  credential: ({ url }) => ({
    token: url,
    expiry: { source: "documented", seconds: assumed },
    connections: [{ kind: "websocket", url: "{token}", where: "anywhere", placement: { in: "url" } }]
  })
}

const CartesiaResponse = Schema.Struct({ token: secret })
const cartesiaVersion = "2026-08-14"

/** An hour at most, where neither least nor default are documented, so that both are ours. */
const cartesiaCapability: Capability = { ...capability, ttlSeconds: { min: 1, max: 3600, default: 60 } }

/** A set of grants, a version in a header and in the URL, the end in the JWT alone. */
export const cartesia: Spec<"tts.realtime" | "agent", typeof CartesiaResponse.Type, { readonly message: string }> = {
  ...common,
  provider: "cartesia",
  capabilities: { "tts.realtime": cartesiaCapability, agent: cartesiaCapability },
  call: ({ purpose, ttlSeconds }) => ({
    url: "https://api.cartesia.ai/access-token",
    key,
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
}

interface Signed {
  readonly token: string
  readonly source: TempCredential["expirySource"]
  readonly connections: Connections
}

/** A provider without an adapter: the same checks, and no call of ours. */
const provider = (
  id: string,
  capabilities: Capabilities,
  sign: (request: Resolved) => Signed
): TempCredentialProvider["Service"] => ({
  id,
  account: Effect.succeed(`account of ${id}`),
  capabilities,
  mint: Effect.fnUntraced(function* (input) {
    const request = yield* MintRequest.decode(input).pipe(
      Result.flatMap((decoded) => resolve(capabilities, decoded)),
      Result.mapError((reason) => new TempCredentialError({ provider: id, reason })),
      Effect.fromResult
    )
    const { connections, source, token } = sign(request)
    const now = yield* DateTime.now
    return new TempCredential({
      provider: id,
      purpose: request.purpose,
      token: Redacted.make(token),
      issuedAt: now,
      expiresAt: DateTime.add(now, { seconds: request.ttlSeconds }),
      expirySource: source,
      uses: request.singleUse ? "once" : "many",
      ...(request.session === undefined ? {} : { sessionLock: request.session.lock }),
      ...(request.subject === undefined ? {} : { subject: request.subject }),
      ...(request.region === undefined ? {} : { region: request.region }),
      relaxed: request.relaxed,
      connections
    })
  })
})

const transcribeHost = (region = "eu-west-1") => `transcribestreaming.${region}.amazonaws.com:8443`

/** A URL that is computed here, good for five minutes at most; its signature covers the whole session. */
export const presigned: TempCredentialProvider["Service"] = provider(
  "transcribe-presigned",
  {
    "stt.realtime": {
      ...capability,
      ttlSeconds: { min: 1, max: 300, default: 60 },
      sessionLocks: ["all"],
      regions: ["eu-west-1", "us-east-1"]
    }
  },
  ({ region, session, ttlSeconds }) => {
    const query = new URLSearchParams({ "X-Amz-Expires": `${ttlSeconds}`, "X-Amz-Signature": "5a5a" })
    for (const [name, value] of Object.entries(session?.config ?? {})) {
      query.set(name, typeof value === "string" ? value : JSON.stringify(value))
    }
    return {
      token: `wss://${transcribeHost(region)}/stream-transcription-websocket?${query}`,
      source: "request",
      connections: [{ kind: "websocket", url: "{token}", where: "anywhere", placement: { in: "url" } }]
    }
  }
)

/** Three secrets of `AssumeRole`, which are one text and go to the vendor's SDK; the session of a role has a name, which is the subject. */
export const assumedRole: TempCredentialProvider["Service"] = provider(
  "transcribe-role",
  {
    "stt.realtime": {
      ...capability,
      ttlSeconds: { min: 900, max: 43_200, default: 3600 },
      subject: { effect: "recorded", requiredForClient: true },
      regions: ["eu-west-1", "us-east-1"]
    }
  },
  ({ region }) => ({
    token: JSON.stringify({ accessKeyId: "id", secretAccessKey: "secret", sessionToken: "token" }),
    source: "vendor",
    connections: [
      {
        kind: "websocket",
        url: `wss://${transcribeHost(region)}`,
        where: "anywhere",
        placement: { in: "sdk", name: "credentials" }
      }
    ]
  })
)

/** A JWT that is signed here for an identity, six hours unless said otherwise (the ends of the range are ours), with the server's URL beside it. */
export const livekit: TempCredentialProvider["Service"] = provider(
  "livekit",
  {
    realtime: {
      ...capability,
      ttlSeconds: { min: 1, max: 86_400, default: 21_600 },
      sessionLocks: ["all"],
      subject: { effect: "enforced", requiredForClient: true }
    }
  },
  () => ({
    token: "header.claims.signature",
    source: "request",
    connections: [
      {
        kind: "websocket",
        url: "wss://project.livekit.cloud",
        where: "anywhere",
        placement: { in: "sdk", name: "token" }
      }
    ]
  })
)
