import * as Connection from "@tempcred/core/Connection"
import type { Purpose } from "@tempcred/core/Purpose"
import { arrived } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { key, keys, withOptions } from "./soniox.ts"

const bearer: Connection.Placement = { in: "header", name: "Authorization", value: "Bearer {token}" }

const websocket = (url: string): ReadonlyArray<Connection.Connection> => [
  { kind: "websocket", url, where: "server", placement: bearer },
  {
    kind: "websocket",
    url,
    where: "anywhere",
    placement: { in: "subprotocols", protocols: ["soniox-api-key", "{token}"] }
  },
  {
    kind: "websocket",
    url,
    where: "anywhere",
    placement: { in: "message", field: "api_key", value: "{token}" },
    deprecatedFrom: "2027-01-15"
  }
]

const http = (url: string): ReadonlyArray<Connection.Connection> => [
  { kind: "http", url, where: "anywhere", placement: bearer }
]

const connections = (infix: string) => ({
  "stt.realtime": websocket(`wss://stt-rt${infix}.soniox.com/transcribe-websocket`),
  "tts.realtime": websocket(`wss://tts-rt${infix}.soniox.com/tts-websocket`),
  "tts.batch": http(`https://tts-rt${infix}.soniox.com/tts`)
})

const purposes = ["stt.realtime", "tts.realtime", "tts.batch"] as const

const regions = [
  { region: "us", infix: "" },
  { region: "eu", infix: ".eu" },
  { region: "jp", infix: ".jp" },
  { region: "in", infix: ".in" },
  { region: "au1", infix: ".au1" }
] as const

describe("each region has its hosts and its key", () => {
  const regionKeys = { us: key("us"), eu: key("eu"), jp: key("jp"), in: key("in"), au1: key("au1") }
  const expected = ({ infix, region }: (typeof regions)[number]) => ({
    call: `POST https://api${infix}.soniox.com/v1/auth/temporary-api-key`,
    key: `Bearer ${keys[region]}`,
    body: { usage_type: "transcribe_websocket", expires_in_seconds: 60 }
  })

  it.effect.each(regions)("$region as the configured region", (one) =>
    Effect.gen(function* () {
      const { emulator, mint } = withOptions({ apiKey: key(one.region), region: one.region })
      assert.strictEqual((yield* mint()).region, one.region)
      assert.deepStrictEqual(arrived(emulator.log), [expected(one)])
    })
  )

  it.effect.each(regions)("$region as the region of a request", (one) =>
    Effect.gen(function* () {
      const { emulator, mint } = withOptions({ region: "jp", apiKey: key("jp"), regionKeys })
      for (const purpose of purposes) {
        const credential = yield* mint({ purpose, region: one.region })
        assert.strictEqual(credential.region, one.region)
        assert.deepStrictEqual([...credential.connections], connections(one.infix)[purpose])
      }
      assert.deepStrictEqual(arrived(emulator.log)[0], expected(one))
    })
  )

  it.effect("apiKey is the key of the configured region, whatever regionKeys say", () =>
    Effect.gen(function* () {
      const { emulator, mint } = withOptions({ regionKeys: { us: key("eu") } })
      yield* mint()
      assert.strictEqual(arrived(emulator.log)[0]?.key, `Bearer ${keys.us}`)
    })
  )
})

describe("a URL override applies to the configured region only", () => {
  const own = {
    region: "eu",
    apiKey: key("eu"),
    regionKeys: { us: key("us") },
    baseUrl: "https://api.eu.soniox.com/proxy/",
    websocketUrl: "wss://stt.example/v9/listen",
    ttsWebsocketUrl: "wss://tts.example:8443/v9/speak"
  }
  const at = {
    "stt.realtime": websocket("wss://stt.example/v9/listen"),
    "tts.realtime": websocket("wss://tts.example:8443/v9/speak"),
    "tts.batch": http("https://tts.example:8443/v9/tts")
  }

  it.effect.each(purposes)("%s", (purpose) =>
    Effect.gen(function* () {
      const { mint } = withOptions({ ...own, baseUrl: undefined })
      for (const region of [undefined, "eu"]) {
        assert.deepStrictEqual([...(yield* mint({ purpose, region })).connections], at[purpose])
      }
      assert.deepStrictEqual([...(yield* mint({ purpose, region: "us" })).connections], connections("")[purpose])
    })
  )

  it.effect("the API, with or without a slash at its end", () =>
    Effect.gen(function* () {
      for (const baseUrl of [own.baseUrl, own.baseUrl.slice(0, -1)]) {
        const { emulator, mint } = withOptions({ ...own, baseUrl })
        // The emulator has nothing under a path of the app's own.
        for (const region of ["eu", "us"]) yield* Effect.ignore(mint({ region }))
        assert.deepStrictEqual(
          arrived(emulator.log).map(({ call }) => call),
          [
            "POST https://api.eu.soniox.com/proxy/v1/auth/temporary-api-key",
            "POST https://api.soniox.com/v1/auth/temporary-api-key"
          ]
        )
      }
    })
  )

  const speech: ReadonlyArray<readonly [ttsWebsocketUrl: string, url: string]> = [
    ["wss://tts-rt.eu.soniox.com/tts-websocket", "https://tts-rt.eu.soniox.com/tts"],
    ["ws://127.0.0.1:4801/tts-websocket", "http://127.0.0.1:4801/tts"],
    ["ws://localhost:4801", "http://localhost:4801/tts"],
    ["WSS://TTS.EXAMPLE/tts-websocket", "https://tts.example/tts"]
  ]
  it.effect.each(speech)("speech over HTTP beside %s", ([ttsWebsocketUrl, url]) =>
    Effect.gen(function* () {
      const { connections } = yield* withOptions({ ttsWebsocketUrl }).mint({ purpose: "tts.batch" })
      assert.deepStrictEqual([...connections], http(url))
    })
  )
})

describe("the connections by client", () => {
  const choices: ReadonlyArray<readonly [form: "snx_temp_" | "temp:", purpose: Purpose, browser: string]> = [
    ["snx_temp_", "stt.realtime", "subprotocols"],
    ["snx_temp_", "tts.realtime", "subprotocols"],
    ["snx_temp_", "tts.batch", "header"],
    // A colon cannot be in a subprotocol: `new WebSocket` throws.
    ["temp:", "stt.realtime", "message"],
    ["temp:", "tts.realtime", "message"],
    ["temp:", "tts.batch", "header"]
  ]
  it.effect.each(choices)("%s keys for %s: a browser presents them by %s", ([keyForm, purpose, browser]) =>
    Effect.gen(function* () {
      const { connections, token } = yield* withOptions({}, { emulator: { keyForm } }).mint({ purpose })
      const placement = (place: "browser" | "server") =>
        Option.map(Connection.choose(connections, place), (chosen) => chosen.placement.in)
      assert.deepStrictEqual(placement("browser"), Option.some(browser))
      assert.deepStrictEqual(placement("server"), Option.some("header"))
      for (const connection of connections) {
        for (const protocol of Connection.fill(connection, token).protocols) assert.match(protocol, /^[\w-]+$/)
      }
    })
  )
})
