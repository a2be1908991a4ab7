/** AWS Transcribe: a presigned WebSocket URL, signed here with a key of two or three parts. */
import * as Adapter from "@tempcred/core/Adapter"
import * as Emulator from "@tempcred/emulator/Emulator"
import type { Subject } from "@tempcred/testing/Contract"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { hex, hmac, sha256 } from "./signatures.ts"

const options = {
  /** The key of an identity that may start streams. `sessionToken` belongs to temporary keys. */
  credentials: Adapter.keyParts({
    accessKeyId: { variable: "AWS_ACCESS_KEY_ID", isPublic: true },
    secretAccessKey: { variable: "AWS_SECRET_ACCESS_KEY" },
    sessionToken: { variable: "AWS_SESSION_TOKEN", isPublic: true, isOptional: true }
  }),
  /** The region for requests without one. */
  region: Adapter.region("AWS_REGION", { otherwise: "us-east-1" })
}

const regions = ["us-east-1", "eu-west-1"]

/** Encodes as RFC 3986 does: `encodeURIComponent` leaves five characters that AWS wants encoded. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`)

const queryOf = (values: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${encode(name)}=${encode(value)}`]))
    .toSorted((one, other) => (one < other ? -1 : 1))
    .join("&")

/** Signature version 4 of a query: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-websocket.html (read 2026-11-30). */
const sign = Effect.fnUntraced(function* (
  host: string,
  query: Readonly<Record<string, string | undefined>>,
  keys: Adapter.KeysOf<typeof options>,
  scope: { readonly region: string; readonly time: string; readonly seconds: number }
) {
  const path = "/stream-transcription-websocket"
  const { region, seconds, time } = scope
  const parts = [time.slice(0, 8), region, "transcribe", "aws4_request"]
  const canonical = queryOf({
    ...query,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": [Redacted.value(keys.accessKeyId), ...parts].join("/"),
    "X-Amz-Date": time,
    "X-Amz-Expires": `${seconds}`,
    "X-Amz-Security-Token": keys.sessionToken && Redacted.value(keys.sessionToken),
    "X-Amz-SignedHeaders": "host"
  })
  const request = ["GET", path, canonical, `host:${host}`, "", "host", hex(yield* sha256(""))].join("\n")
  const text = ["AWS4-HMAC-SHA256", time, parts.join("/"), hex(yield* sha256(request))].join("\n")
  let key = yield* hmac(`AWS4${Redacted.value(keys.secretAccessKey)}`, parts[0] ?? "")
  for (const part of parts.slice(1)) key = yield* hmac(key, part)
  return `wss://${host}${path}?${canonical}&X-Amz-Signature=${hex(yield* hmac(key, text))}`
})

export const adapter = Adapter.withConfig(
  Adapter.makeSigning({
    id: "transcribe",
    options,
    capabilities: {
      "stt.realtime": {
        // At most 300 seconds. The least is ours, as the signature counts whole seconds.
        ttlSeconds: { min: 5, max: 300, default: 60 },
        singleUse: false,
        sessionLocks: ["all"],
        subject: { effect: "ignored" },
        regions,
        mintingHasSideEffects: false,
        needed: "connect"
      }
    },
    sign: ({ region = "us-east-1", session, ttlSeconds }, { keys, now }) => {
      const query = Object.fromEntries(
        Object.entries(session?.config ?? {}).map(([name, value]) => [
          name,
          typeof value === "string" ? value : JSON.stringify(value)
        ])
      )
      const time = DateTime.formatIso(now).replace(/[-:]|\.\d+/g, "")
      const host = `transcribestreaming.${region}.amazonaws.com:8443`
      return Effect.map(sign(host, query, keys, { region, time, seconds: ttlSeconds }), (url) => ({
        token: Redacted.make(url),
        expiry: { source: "request", told: "moment" } as const,
        connections: [{ kind: "websocket", url: "{token}", where: "anywhere", placement: { in: "url" } }] as const
      }))
    }
  })
)

const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

const emulator = (settings: Emulator.Options = {}): Emulator.Emulator =>
  Emulator.make(
    {
      vendor: "transcribe",
      apiKey: secret,
      region: "us-east-1",
      hosts: { "transcribestreaming.us-east-1.amazonaws.com": "us-east-1" },
      env: () => ({ AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: secret }),
      routes: {},
      sockets: {},
      unknown: () => new Response(null, { status: 404 }),
      minting: [],
      tooMany: () => new Response(null, { status: 429 })
    },
    settings
  )

export const subject: Subject = { adapter, emulator, request: { purpose: "stt.realtime" } }
