import type { Connection } from "@tempcred/core/Connection"
import { answering, misconfigured } from "@tempcred/testing/Harness"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { withEnv, withOptions } from "./openai.ts"

const placement = { in: "header", name: "Authorization", value: "Bearer {token}" } as const

const at = (url: string, calls: string): ReadonlyArray<Connection> => [
  { kind: "websocket", url, where: "server", placement },
  {
    kind: "websocket",
    url,
    where: "anywhere",
    placement: { in: "subprotocols", protocols: ["realtime", "openai-insecure-api-key.{token}"] }
  },
  { kind: "http", url: calls, where: "anywhere", placement }
]

const api = "https://api.openai.com/v1/realtime"
const socket = "wss://api.openai.com/v1/realtime"

describe("a WebSocket URL has the kind of session and the model, if it is known", () => {
  const requests = [
    [{}, ""],
    [{ session: { config: { model: "gpt-realtime" } } }, "?model=gpt-realtime"],
    [{ session: { config: { model: "a&b=c d" } } }, "?model=a%26b%3Dc%20d"],
    [{ session: { config: { model: 7 } } }, ""],
    [{ purpose: "stt.realtime" }, "?intent=transcription"],
    [{ purpose: "stt.realtime", session: { config: { model: "no-such-field" } } }, "?intent=transcription"]
  ] as const
  it.effect.each(requests)("%j: %s", ([request, query]) =>
    Effect.gen(function* () {
      const reply = answering({ value: "ek_1", expires_at: 60 })
      const { connections } = yield* withOptions({}, reply).mint(request)
      assert.deepStrictEqual([...connections], at(`${socket}${query}`, `${api}/calls`))
    })
  )
})

describe("URLs that are set", () => {
  const settings = [
    [{ baseUrl: "https://eu.api.openai.com" }, "https://eu.api.openai.com/v1", "wss://eu.api.openai.com/v1/realtime"],
    [
      { baseUrl: "https://eu.api.openai.com/v1/" },
      "https://eu.api.openai.com/v1",
      "wss://eu.api.openai.com/v1/realtime"
    ],
    [{ baseUrl: "HTTPS://proxy.example/ai" }, "https://proxy.example/ai/v1", "wss://proxy.example/ai/v1/realtime"],
    [{ websocketUrl: "wss://ws.example/x" }, "https://api.openai.com/v1", "wss://ws.example/x"]
  ] as const
  it.effect.each(settings)("%j", ([options, base, url]) =>
    Effect.gen(function* () {
      const reply = answering({ value: "ek_1", expires_at: 60 })
      const { mint, requests } = withOptions(options, reply)
      const { connections } = yield* mint()
      const found = connections.map((one) => one.url.replace(/^HTTPS/, "https"))
      assert.deepStrictEqual(found, [url, url, `${base}/realtime/calls`])
      assert.deepStrictEqual(
        requests.map((request) => request.url),
        [`${base}/realtime/client_secrets`]
      )
    })
  )
})

describe("an unusable variable is named in the error", () => {
  const variables = [
    ["OPENAI_API_KEY", "two words", /a space/],
    ["OPENAI_BASE_URL", "wss://api.evil.com", /must begin with https/],
    ["OPENAI_WS_URL", "wss://api.evil.com/?model=x", /not contain a query/],
    ["OPENAI_ORG_ID", "my organization", /printable ASCII/],
    ["OPENAI_PROJECT_ID", "proj_1\r\nx-evil: 1", /in one line/]
  ] as const
  it.effect.each(variables)("%s=%s", ([name, value, message]) =>
    Effect.gen(function* () {
      const error = yield* misconfigured(withEnv({ [name]: value }))
      assert.match(error.message, new RegExp(`^${name} .*${message.source}`))
      assert.notInclude(error.message, value)
    })
  )
})

it.effect("the vendor's own base URL variable is enough configuration", () =>
  Effect.gen(function* () {
    const { mint, origin } = withEnv({ OPENAI_WS_URL: undefined })
    const { connections } = yield* mint()
    const sockets = `${origin.replace("http", "ws")}/v1/realtime`
    assert.deepStrictEqual(
      connections.map(({ url }) => url),
      [sockets, sockets, `${origin}/v1/realtime/calls`]
    )
    const given = yield* withEnv({ OPENAI_WS_URL: "wss://ws.example" }).mint()
    assert.strictEqual(given.connections[0].url, "wss://ws.example")
  })
)
