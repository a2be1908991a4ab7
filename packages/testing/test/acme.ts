/** The smallest adapter that calls its vendor, and the vendor's emulator. */
import * as Adapter from "@tempcred/core/Adapter"
import type { Capability, Resolved } from "@tempcred/core/Capabilities"
import { bearer } from "@tempcred/core/Connection"
import * as Emulator from "@tempcred/emulator/Emulator"
import type { Subject } from "@tempcred/testing/Contract"
import * as Schema from "effect/Schema"

/** The long-lived key that the emulator takes unless it is told another. */
export const key = "acme-long-lived-key"

const capability: Capability = {
  ttlSeconds: { min: 60, max: 3600, default: 300 },
  singleUse: true,
  maxSessionSeconds: { min: 1, max: 600 },
  usableForSeconds: { min: 60, max: 7200, default: 3600 },
  sessionLocks: ["none", "all"],
  subject: { effect: "enforced", requiredForClient: true, maxLength: 8 },
  regions: [],
  mintingHasSideEffects: false,
  needed: "connect"
}

export const capabilities = {
  "stt.realtime": { ...capability, subject: { effect: "ignored" } },
  "tts.batch": capability,
  agent: { ...capability, mintingHasSideEffects: true }
} as const

const Response = Schema.Struct({
  token: Schema.RedactedFromValue(Schema.NonEmptyString),
  expires_at: Schema.DateTimeUtcFromString
})

const Failure = Schema.Struct({ code: Schema.String, message: Schema.String })

export type Request = Resolved<keyof typeof capabilities>

const options = {
  apiKey: Adapter.key("ACME_API_KEY"),
  baseUrl: Adapter.url("ACME_BASE_URL")
}

export type Definition = Adapter.Definition<
  typeof options,
  keyof typeof capabilities,
  typeof Response.Type,
  typeof Failure.Type
>

export type Vendor = Adapter.Adapter & Adapter.Vendor<typeof options>

const definition: Definition = {
  id: "acme",
  options,
  capabilities,
  call: (
    { maxSessionSeconds, purpose, session, singleUse, subject, ttlSeconds, usableForSeconds },
    { options: { baseUrl = "https://api.acme.example" } }
  ) => ({
    url: new URL("/tokens", baseUrl).href,
    body: {
      purpose,
      subject,
      ttl: ttlSeconds,
      once: singleUse,
      session: maxSessionSeconds,
      end: usableForSeconds,
      bound: session
    }
  }),
  response: Response,
  credential: ({ expires_at, token }) => ({
    token,
    expiry: { source: "vendor", at: expires_at },
    connections: [{ kind: "http", url: "https://speech.acme.example/", where: "anywhere", placement: bearer }]
  }),
  dialect: { failure: Failure, read: ({ code, message }) => ({ code, detail: message }) }
}

/** Makes the adapter. `change` makes another one of it. */
export const adapter = (change: (definition: Definition) => Partial<Definition> = () => ({})): Vendor =>
  Adapter.withConfig(Adapter.make({ ...definition, ...change(definition) }))

const mintRoute = "POST /tokens"

const refuse = (status: number, code: string, message: string) =>
  globalThis.Response.json({ code, message }, { status })

const emulator = (options: Emulator.Options = {}): Emulator.Emulator => {
  const { apiKey = key, clock = Emulator.systemClock } = options
  const mint = ({ request, text }: Emulator.Call) => {
    if (request.headers.get("authorization") !== `Bearer ${apiKey}`) return refuse(401, "bad_key", "Unknown key")
    const { ttl } = JSON.parse(text)
    if (!(ttl >= 60 && ttl <= 3600)) return refuse(400, "bad_ttl", "A token lives 60 to 3600 seconds")
    const expires_at = new Date(clock.now() + ttl * 1000).toISOString()
    return globalThis.Response.json({ token: `acme-${crypto.randomUUID()}`, expires_at }, { status: 201 })
  }
  const definition: Emulator.Definition = {
    vendor: "acme",
    apiKey,
    region: "everywhere",
    hosts: { "api.acme.example": "everywhere" },
    env: (origin) => ({ ACME_API_KEY: apiKey, ACME_BASE_URL: origin }),
    routes: { [mintRoute]: mint },
    sockets: {},
    unknown: () => refuse(404, "not_found", "Nothing is here"),
    minting: [mintRoute],
    tooMany: () => refuse(429, "too_many", "Too many tokens")
  }
  return Emulator.make(definition, options)
}

/** The subject of the contract. */
export const subject: Subject = { adapter: adapter(), emulator, mintRoute, request: { purpose: "stt.realtime" } }
