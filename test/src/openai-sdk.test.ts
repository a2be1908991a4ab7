import { once } from "node:events"
import OpenAI, { AuthenticationError, BadRequestError } from "openai"
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket"
import { OpenAIRealtimeWS } from "openai/realtime/ws"
import { systemClock } from "@tempcred/emulator/Emulator"
import * as Node from "@tempcred/emulator/Node"
import * as OpenAi from "@tempcred/emulator/OpenAi"
import { afterAll, afterEach, assert, beforeAll, describe, it, vi } from "vitest"
import { withoutTls } from "./support/without-tls.ts"

describe("the official openai against the emulator", () => {
  const start = Date.now()
  const emulator = OpenAi.make({ clock: { ...systemClock, now: () => start } })
  let server: Node.Server
  let restore: () => void

  const clientWith = (apiKey: string) =>
    new OpenAI({ apiKey, baseURL: emulator.env(server.origin)["OPENAI_BASE_URL"] ?? "", maxRetries: 0 })
  const mint = (session?: { readonly type: "realtime"; readonly instructions: string }) =>
    clientWith(emulator.apiKey).realtime.clientSecrets.create({
      expires_after: { anchor: "created_at", seconds: 60 },
      ...(session === undefined ? {} : { session })
    })

  beforeAll(async () => {
    server = await Node.serve(emulator)
    restore = withoutTls()
  })
  afterEach(() => vi.unstubAllGlobals())
  afterAll(async () => {
    restore()
    await server.close()
  })

  it("mints a secret and converses with it", async () => {
    const { expires_at, session, value } = await mint({ type: "realtime", instructions: "Be brief." })
    assert.match(value, /^ek_/)
    assert.strictEqual(expires_at, Math.floor(start / 1000) + 60)
    assert.propertyVal(session, "instructions", "Be brief.")

    const socket = new OpenAIRealtimeWS({ model: "gpt-realtime" }, clientWith(value))
    const text = await new Promise<string>((resolve, reject) => {
      socket.on("error", reject)
      socket.on("session.created", () => socket.send({ type: "response.create" }))
      socket.on("response.output_text.done", (event) => resolve(event.text))
    })
    assert.strictEqual(text, "It stays at home.")
    const closed = once(socket.socket, "close")
    socket.close()
    await closed
    assert.strictEqual(emulator.issued.at(-1)?.sessions, 1)
  })

  it("opens a session with a secret among the subprotocols, as in a browser", async () => {
    class PlainWebSocket extends WebSocket {
      constructor(url: string | URL, protocols?: string | Array<string>) {
        super(String(url).replace(/^wss:/, "ws:"), protocols)
      }
    }
    vi.stubGlobal("WebSocket", PlainWebSocket)
    const { value } = await mint()
    const socket = new OpenAIRealtimeWebSocket({ model: "gpt-realtime" }, clientWith(value))
    const session = await new Promise((resolve, reject) => {
      socket.on("error", reject)
      socket.on("session.created", (event) => resolve(event.session))
    })
    assert.propertyVal(session, "model", "gpt-realtime")
    assert.strictEqual(socket.socket.protocol, "realtime")
    assert.include(emulator.log.at(-1)?.headers["sec-websocket-protocol"], `openai-insecure-api-key.${value}`)
    socket.close()
  })

  it("is told of a secret that has expired", async () => {
    const { value } = await mint()
    emulator.expireAll()
    const socket = new OpenAIRealtimeWS({ model: "gpt-realtime" }, clientWith(value))
    const closed = once(socket.socket, "close")
    const error = await new Promise<Error & { readonly error?: unknown }>((resolve) => socket.on("error", resolve))
    assert.propertyVal(error.error, "code", "invalid_api_key")
    assert.strictEqual((await closed)[0], 3000)
  })

  it("mints for a translation", async () => {
    const { session, value } = await clientWith(emulator.apiKey).realtime.translations.clientSecrets.create({
      session: { model: "gpt-realtime-translate" }
    })
    assert.match(value, /^ek_/)
    assert.strictEqual(session.model, "gpt-realtime-translate")
  })

  it("exchanges an offer for an answer", async () => {
    const { value } = await mint()
    const sdp = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    const answer = await clientWith(value).realtime.calls.create({ sdp })
    assert.strictEqual(answer.status, 201)
    assert.match(await answer.text(), /^v=0\r\n/)
  })

  it("reports a key and a body that are refused", async () => {
    const wrong = await clientWith("wrong")
      .realtime.clientSecrets.create({})
      .catch((failure: unknown) => failure)
    assert.instanceOf(wrong, AuthenticationError)
    assert.deepInclude(wrong, { status: 401, code: "invalid_api_key" })
    assert.match(wrong.requestID ?? "", /^req_/)
    const body = await clientWith(emulator.apiKey)
      .realtime.clientSecrets.create({ expires_after: { seconds: 60 } })
      .catch((failure: unknown) => failure)
    assert.instanceOf(body, BadRequestError)
    assert.deepInclude(body, { code: "missing_required_parameter", param: "expires_after.anchor" })
  })
})
