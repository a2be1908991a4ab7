/** Hume: a form with basic authentication by two secrets. */
import * as Adapter from "@tempcred/core/Adapter"
import { bearer } from "@tempcred/core/Connection"
import * as Emulator from "@tempcred/emulator/Emulator"
import type { Subject } from "@tempcred/testing/Contract"
import * as Schema from "effect/Schema"

const options = {
  /** The API key and its secret. */
  keys: Adapter.keyParts({
    apiKey: { variable: "HUME_API_KEY" },
    secretKey: { variable: "HUME_SECRET_KEY" }
  }),
  /** The API. @default "https://api.hume.ai" */
  baseUrl: Adapter.url("HUME_BASE_URL")
}

const life = 1800

const capability = {
  ttlSeconds: { min: life, max: life, default: life },
  singleUse: false,
  subject: { effect: "ignored" },
  regions: [],
  mintingHasSideEffects: false,
  needed: "every-request"
} as const

const adapter = Adapter.withConfig(
  Adapter.make({
    id: "hume",
    options,
    capabilities: { agent: capability, "tts.batch": capability },
    // `hume` 0.16.0 (read 2026-11-21).
    call: (_, { options: { baseUrl = "https://api.hume.ai" } }) => ({
      url: `${baseUrl}/oauth2-cc/token`,
      keyHeader: { basic: ["apiKey", "secretKey"] },
      form: { grant_type: "client_credentials" }
    }),
    response: Schema.Struct({
      access_token: Schema.RedactedFromValue(Schema.NonEmptyString),
      expires_in: Schema.Finite
    }),
    credential: ({ access_token, expires_in }, { purpose }) => ({
      token: access_token,
      expiry: { source: "vendor", seconds: expires_in },
      connections:
        purpose === "agent"
          ? [
              {
                kind: "websocket",
                url: "wss://api.hume.ai/v0/evi/chat",
                where: "anywhere",
                placement: { in: "query", name: "access_token", value: "{token}" }
              }
            ]
          : [{ kind: "http", url: "https://api.hume.ai/v0/tts", where: "anywhere", placement: bearer }]
    }),
    dialect: {
      failure: Schema.Struct({ error: Schema.String, message: Schema.String }),
      read: ({ error, message }) => ({ code: error, detail: message })
    }
  })
)

const apiKey = "humes-long-lived-key"
const secret = "humes-long-lived-secret"
const mintRoute = "POST /oauth2-cc/token"

const refuse = (status: number, error: string, message: string) => Response.json({ error, message }, { status })

const emulator = (settings: Emulator.Options = {}): Emulator.Emulator =>
  Emulator.make(
    {
      vendor: "hume",
      apiKey: btoa(`${apiKey}:${secret}`),
      region: "global",
      hosts: { "api.hume.ai": "global" },
      env: (origin) => ({ HUME_API_KEY: apiKey, HUME_SECRET_KEY: secret, HUME_BASE_URL: origin }),
      routes: {
        [mintRoute]: ({ request, text }) => {
          const isForm = request.headers.get("content-type") === "application/x-www-form-urlencoded"
          if (!isForm || text !== "grant_type=client_credentials") return refuse(400, "bad_request", "No such grant")
          return request.headers.get("authorization") === `Basic ${btoa(`${apiKey}:${secret}`)}`
            ? Response.json({ access_token: crypto.randomUUID(), token_type: "bearer", expires_in: life })
            : refuse(401, "unauthorized", "Unknown key")
        }
      },
      sockets: {},
      unknown: () => refuse(404, "not_found", "Nothing is here"),
      minting: [mintRoute],
      tooMany: () => refuse(429, "too_many", "Too many tokens")
    },
    settings
  )

export const subject: Subject = { adapter, emulator, mintRoute, request: { purpose: "agent" } }
