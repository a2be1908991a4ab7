/** LiveKit: a JWT, signed here with the secret of an API key. */
import * as Adapter from "@tempcred/core/Adapter"
import * as Emulator from "@tempcred/emulator/Emulator"
import type { Subject } from "@tempcred/testing/Contract"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Redacted from "effect/Redacted"
import { hmac } from "./signatures.ts"

const options = {
  /** The API key and its secret. */
  keys: Adapter.keyParts({
    apiKey: { variable: "LIVEKIT_API_KEY", isPublic: true },
    apiSecret: { variable: "LIVEKIT_API_SECRET" }
  }),
  /** The server of the project. */
  url: Adapter.required(Adapter.url("LIVEKIT_URL", "wss"))
}

const head = Base64Url.encode(JSON.stringify({ alg: "HS256" }))

const seconds = (time: DateTime.Utc): number => DateTime.toEpochMillis(time) / 1000

export const adapter = Adapter.withConfig(
  Adapter.makeSigning({
    id: "livekit",
    options,
    capabilities: {
      realtime: {
        // Any length, six hours unless it is set. The ends of the range are ours.
        ttlSeconds: { min: 10, max: 86_400, default: 21_600 },
        singleUse: false,
        sessionLocks: ["all"],
        subject: { effect: "enforced", requiredForClient: true },
        regions: [],
        mintingHasSideEffects: false,
        needed: "connect"
      }
    },
    // The claims of `livekit-server-sdk` 2.19.2 (read 2026-11-30).
    sign: ({ session, subject: identity, ttlSeconds }, { keys, now, options: { url } }) => {
      const claims = {
        video: { roomJoin: true, ...session?.config },
        iss: Redacted.value(keys.apiKey),
        exp: seconds(now) + ttlSeconds,
        nbf: seconds(now),
        sub: identity
      }
      const signed = `${head}.${Base64Url.encode(JSON.stringify(claims))}`
      return Effect.map(hmac(Redacted.value(keys.apiSecret), signed), (signature) => ({
        token: Redacted.make(`${signed}.${Base64Url.encode(signature)}`),
        expiry: { source: "jwt" } as const,
        connections: [{ kind: "websocket", url, where: "anywhere", placement: { in: "sdk", name: "token" } }] as const
      }))
    }
  })
)

const secret = "livekits-long-lived-secret"

const emulator = (settings: Emulator.Options = {}): Emulator.Emulator =>
  Emulator.make(
    {
      vendor: "livekit",
      apiKey: secret,
      region: "global",
      hosts: { "project.livekit.cloud": "global" },
      env: (origin) => ({
        LIVEKIT_API_KEY: "APIexample",
        LIVEKIT_API_SECRET: secret,
        LIVEKIT_URL: origin.replace(/^http/, "ws")
      }),
      routes: {},
      sockets: {},
      unknown: () => new Response(null, { status: 404 }),
      minting: [],
      tooMany: () => new Response(null, { status: 429 })
    },
    settings
  )

export const subject: Subject = { adapter, emulator, request: { purpose: "realtime", subject: "ana" } }
