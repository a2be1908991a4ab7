/** A vendor that exists only in these tests, and a transport that responds by a script. */
import type * as Adapter from "@tempcred/core/Adapter"
import * as Provider from "../src/adapter/Provider.ts"
import type { Capabilities, Capability } from "@tempcred/core/Capabilities"
import { bearer } from "@tempcred/core/Connection"
import type { KeySource } from "@tempcred/core/KeySource"
import { InvalidResponseError, TransportError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { type Answer, type Outgoing, Transport } from "@tempcred/core/Transport"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

export const key = "acme-long-lived-key"
export const token = "acme-short-lived-token"

const capability: Capability = {
  ttlSeconds: { min: 60, max: 3600, default: 60 },
  singleUse: false,
  maxSessionSeconds: { min: 1, max: 600 },
  subject: { effect: "recorded", maxLength: 8 },
  regions: ["eu", "us"],
  mintingHasSideEffects: false,
  needed: "connect"
}

export const capabilities = {
  "stt.realtime": capability,
  "stt.batch": { ...capability, subject: { effect: "enforced", requiredForClient: true } },
  "tts.batch": { ...capability, regions: [], subject: { effect: "ignored" } }
} satisfies Capabilities

interface Changes {
  readonly expiry?: Adapter.Expiry
  readonly region?: string
  readonly apiKey?: Redacted.Redacted | KeySource
}

const onlyKey = Redacted.make(key)

export const spec = ({ apiKey = onlyKey, ...changes }: Changes = {}) => ({
  provider: "acme",
  keys: { "ACME_API_KEY (apiKey)": apiKey },
  issues: [],
  capabilities,
  region: changes.region,
  call: (request: { readonly purpose: string; readonly ttlSeconds: number; readonly maxSessionSeconds: unknown }) => ({
    url: "https://api.acme.example/v1/token",
    query: { product: request.purpose },
    key: apiKey,
    body: { ttl: request.ttlSeconds, session: request.maxSessionSeconds }
  }),
  response: Schema.Struct({ token: Schema.RedactedFromValue(Schema.NonEmptyString) }),
  credential: (response: { readonly token: Redacted.Redacted }): Adapter.Minted => ({
    token: response.token,
    expiry: changes.expiry ?? { source: "request" },
    connections: [{ kind: "websocket", url: "wss://acme.example/listen", where: "server", placement: bearer }]
  }),
  dialect: {
    failure: Schema.Struct({ code: Schema.optionalKey(Schema.String), message: Schema.optionalKey(Schema.String) }),
    read: ({ code, message = "" }: { readonly code?: string; readonly message?: string }) => ({
      code,
      detail: message,
      issues:
        code === "bad_ttl"
          ? [{ field: "ttl_seconds", message: "too long" }]
          : code === "bad_field"
            ? [{ field: message, message: "odd" }]
            : []
    }),
    codes: { QuotaError: ["out_of_money"] },
    fields: { ttl_seconds: "ttl" },
    advice: { AuthenticationError: "check ACME_API_KEY" }
  } as const
})

export const layer = (
  changes: Parameters<typeof spec>[0] = {}
): Layer.Layer<TempCredentialProvider, never, Transport> =>
  Layer.effect(TempCredentialProvider, Effect.orDie(Provider.make(spec(changes))))

/** The outcome of the next attempt: a response, a transport failure, or a request that hangs. */
export type Step =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | "reset"
  | "hang"

export const ok: Step = { status: 201, body: { token, unknown: true } }

/** Responds by the script, whose last step repeats. `sent` and `times` record the requests and their times. */
export const vendor = (...steps: readonly [Step, ...ReadonlyArray<Step>]) => {
  const sent: Array<Outgoing> = []
  const times: Array<number> = []
  const state = { interrupted: 0 }
  const send = Effect.fnUntraced(function* (outgoing: Outgoing) {
    const step = steps[Math.min(sent.length, steps.length - 1)] ?? steps[0]
    const now = yield* Clock.currentTimeMillis
    sent.push(outgoing)
    times.push(now)
    if (step === "reset") return yield* new TransportError({ timedOut: false, code: "ECONNRESET" })
    if (step === "hang") {
      return yield* Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(() => void (state.interrupted += 1))))
    }
    if (step.status === 307) return yield* new InvalidResponseError({ status: 307 })
    const text = typeof step.body === "string" ? step.body : JSON.stringify(step.body ?? {})
    const answer: Answer = { status: step.status, headers: step.headers ?? {}, text, sentAt: now, receivedAt: now }
    return answer
  })
  return { sent, times, state, layer: Layer.succeed(Transport, Transport.of({ send })) }
}
