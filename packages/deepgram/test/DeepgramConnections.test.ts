import type { Connection } from "@tempcred/core/Connection"
import { answering, arrived, misconfigured } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { withEnv, withOptions } from "./deepgram.ts"

const placement = { in: "header", name: "Authorization", value: "Bearer {token}" } as const

const websocket = (url: string): ReadonlyArray<Connection> => [
  { kind: "websocket", url, where: "server", placement },
  { kind: "websocket", url, where: "anywhere", placement: { in: "subprotocols", protocols: ["bearer", "{token}"] } }
]

const http = (url: string): ReadonlyArray<Connection> => [{ kind: "http", url, where: "server", placement }]

/** The connections of all purposes at these addresses. */
const at = (api: string, sockets: string, agents: string) => ({
  "stt.realtime": [...websocket(`${sockets}/v1/listen`), ...websocket(`${sockets}/v2/listen`)],
  "stt.batch": http(`${api}/v1/listen`),
  "tts.realtime": [...websocket(`${sockets}/v1/speak`), ...websocket(`${sockets}/v2/speak`)],
  "tts.batch": http(`${api}/v1/speak`),
  agent: websocket(`${agents}/v1/agent/converse`)
})

const purposes = ["stt.realtime", "stt.batch", "tts.realtime", "tts.batch", "agent"] as const

const regions = [
  ["global", "api.deepgram.com", "agent.deepgram.com"],
  ["eu", "api.eu.deepgram.com", "api.eu.deepgram.com"],
  ["au", "api.au.deepgram.com", "api.au.deepgram.com"],
  ["in", "api.in.deepgram.com", "api.in.deepgram.com"]
] as const

describe("each region has its hosts, and accepts the tokens of the others", () => {
  it.effect.each(regions)("%s", ([region, api, agents]) =>
    Effect.gen(function* () {
      const expected = at(`https://${api}`, `wss://${api}`, `wss://${agents}`)
      for (const options of [{ region }, { region: "au" }, {}]) {
        const { emulator, mint } = withOptions(options)
        for (const purpose of purposes) {
          const credential = yield* mint({
            purpose,
            region: (options.region ?? "global") === region ? undefined : region
          })
          assert.deepStrictEqual([...credential.connections], expected[purpose])
          assert.strictEqual(credential.region, region)
        }
        for (const { call } of arrived(emulator.log)) {
          assert.strictEqual(call, "POST https://api.deepgram.com/v1/auth/grant")
        }
      }
    })
  )
})

describe("a URL override applies to the configured region only", () => {
  const settings = [
    [{ baseUrl: "https://dg.example/" }, at("https://dg.example", "wss://dg.example", "wss://dg.example")],
    [{ baseUrl: "HTTPS://dg.example/v1" }, at("HTTPS://dg.example", "wss://dg.example", "wss://dg.example")],
    [
      { baseUrl: "https://api.deepgram.com/" },
      at("https://api.deepgram.com", "wss://api.deepgram.com", "wss://agent.deepgram.com")
    ],
    [
      { baseUrl: "https://API.deepgram.com/v1" },
      at("https://API.deepgram.com", "wss://api.deepgram.com", "wss://agent.deepgram.com")
    ],
    [
      { baseUrl: "https://api.deepgram.com", websocketUrl: "wss://ws.example" },
      at("https://api.deepgram.com", "wss://ws.example", "wss://agent.deepgram.com")
    ],
    [
      { baseUrl: "HTTPS://dg.example", websocketUrl: "wss://ws.example", agentWebsocketUrl: "wss://agent.example" },
      at("HTTPS://dg.example", "wss://ws.example", "wss://agent.example")
    ],
    [
      { region: "eu", agentWebsocketUrl: "wss://agent.example" },
      at("https://api.eu.deepgram.com", "wss://api.eu.deepgram.com", "wss://agent.example")
    ]
  ] as const
  it.effect.each(settings)("%j", ([options, expected]) =>
    Effect.gen(function* () {
      const reply = answering({ access_token: "a.b.c", expires_in: 30 })
      const { mint, requests } = withOptions(options, reply)
      for (const purpose of purposes) {
        assert.deepStrictEqual([...(yield* mint({ purpose })).connections], expected[purpose])
        const elsewhere = yield* mint({ purpose, region: "in" })
        assert.match(elsewhere.connections[0].url, /:\/\/api\.in\.deepgram\.com\//)
      }
      const grant = new URL("/v1/auth/grant", "baseUrl" in options ? options.baseUrl : "https://api.deepgram.com").href
      for (const { url } of requests) assert.strictEqual(url, grant)
    })
  )
})

describe("an unusable variable is named in the error", () => {
  const variables = [
    ["DEEPGRAM_API_KEY", "two words", /a space/],
    ["DEEPGRAM_REGION", "us", /must be one of global, eu, au, in/],
    ["DEEPGRAM_REGION", "toString", /must be one of/],
    ["DEEPGRAM_BASE_URL", "wss://api.evil.com", /must begin with https/],
    ["DEEPGRAM_WS_URL", "https://api.evil.com", /must begin with wss/],
    ["DEEPGRAM_AGENT_WS_URL", "ws://agent.evil.com", /must begin with wss/]
  ] as const
  it.effect.each(variables)("%s=%s", ([name, value, message]) =>
    Effect.gen(function* () {
      const error = yield* misconfigured(withEnv({ [name]: value }))
      assert.match(error.message, new RegExp(`^${name} .*${message.source}`))
      assert.notInclude(error.message, value === "us" ? "user" : value)
    })
  )
})

it.effect("a region and its hosts are read from the environment", () =>
  Effect.gen(function* () {
    const unset = { DEEPGRAM_BASE_URL: "", DEEPGRAM_WS_URL: undefined, DEEPGRAM_AGENT_WS_URL: "" }
    const { mint } = withEnv({ ...unset, DEEPGRAM_REGION: "eu" })
    assert.strictEqual((yield* mint()).connections[0].url, "wss://api.eu.deepgram.com/v1/listen")
    const { mint: minted, origin } = withEnv({})
    const urls: Array<string> = []
    for (const purpose of purposes) urls.push((yield* minted({ purpose })).connections[0].url)
    const sockets = origin.replace("http", "ws")
    assert.deepStrictEqual(urls, [
      `${sockets}/v1/listen`,
      `${origin}/v1/listen`,
      `${sockets}/v1/speak`,
      `${origin}/v1/speak`,
      `${sockets}/v1/agent/converse`
    ])
  })
)
