/** Which connection is used, with the token in its place, and what a WebSocket says first. */
import { type Connection, connection, open, source } from "@tempcred/client"
import { fill } from "@tempcred/core/Connection"
import * as Minter from "@tempcred/core/Minter"
import { encode } from "@tempcred/core/TempCredential"
import { serve } from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Adapter from "@tempcred/soniox/Soniox"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { assert, describe, it, onTestFinished } from "vitest"
import { credential } from "./page.ts"

const secret = "to$&ken/+="

const way = (placement: Connection["placement"], more: Partial<Connection> = {}): Connection => ({
  kind: "websocket",
  url: "wss://acme.example/listen",
  where: "anywhere",
  placement,
  ...more
})

type Ways = readonly [Connection, ...ReadonlyArray<Connection>]

const connectBy = (kind: Connection["kind"], ...connections: Ways) =>
  connection(credential({ token: secret, connections }), kind)

const connect = (...ways: Ways) => connectBy("websocket", ...ways)

const http = { kind: "http", url: "https://acme.example/jobs" } as const

describe("connection", () => {
  const placements: ReadonlyArray<Connection> = [
    way({ in: "query", name: "jwt", value: "{token}" }),
    way({ in: "query", name: "jwt", value: "{token}" }, { url: "wss://acme.example/listen?model=one&jwt=old" }),
    way({ in: "subprotocols", protocols: ["token", "{token}"] }),
    way({ in: "message", field: "api_key", value: "Key {token}" }),
    way({ in: "form", field: "key", value: "{token}" }, http),
    way({ in: "header", name: "Authorization", value: "Bearer {token}" }, http),
    way({ in: "url" }, { url: "wss://acme.example/{token}/listen" }),
    way({ in: "url", protocols: ["convai"] }, { url: "wss://acme.example/{token}" })
  ]
  it.each(placements.map((one) => [one.placement.in, one] as const))("fills in %s as core does", (_, one) => {
    assert.deepStrictEqual({ kind: one.kind, ...connectBy(one.kind, one) }, fill(one, Redacted.make(secret)))
  })

  it("opens a token that is a URL as the vendor wrote it", () => {
    const token = "wss://acme.example/talk?agent=1&signature=a%2Fb%3D"
    const whole = way({ in: "url", protocols: ["convai"] }, { url: "{token}" })
    const { protocols, url } = connection(credential({ token, connections: [whole] }))
    assert.deepStrictEqual([url, protocols], [token, ["convai"]])
  })

  it("passes by what only a vendor's SDK can present", () => {
    const sdk = way({ in: "sdk", name: "token" })
    assert.throws(() => connect(sdk), /no websocket/)
    assert.deepStrictEqual(connect(sdk, way({ in: "subprotocols", protocols: ["{token}"] })).protocols, [secret])
  })

  it("passes by what a browser's WebSocket has no place for", () => {
    const header = way({ in: "header", name: "Authorization", value: "{token}" })
    const form = way({ in: "form", field: "key", value: "{token}" })
    assert.throws(() => connect(header, form), TypeError, "no websocket")
    assert.deepStrictEqual(connect(header, way({ in: "subprotocols", protocols: ["{token}"] })).protocols, [secret])
  })

  it("is the first that a browser can use", () => {
    const header = way({ in: "header", name: "Authorization", value: "{token}" }, { where: "server" })
    const overHttp = way({ in: "query", name: "http", value: "{token}" }, http)
    const first = way({ in: "subprotocols", protocols: ["first", "{token}"] }, { where: "browser" })
    const second = way({ in: "subprotocols", protocols: ["second", "{token}"] })
    assert.deepStrictEqual(connect(header, overHttp, first, second).protocols, ["first", secret])
  })

  it("is one that the vendor no longer accepts only where there is no other", () => {
    const of = (name: string, deprecatedFrom: string) =>
      way({ in: "subprotocols", protocols: [name] }, { deprecatedFrom })
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    assert.deepStrictEqual(connect(of("gone", "2026-01-01"), of("good", tomorrow)).protocols, ["good"])
    assert.deepStrictEqual(connect(of("good", tomorrow), of("other", tomorrow)).protocols, ["good"])
    assert.deepStrictEqual(connect(of("gone", "2026-01-01")).protocols, ["gone"])
  })

  it("is over HTTP where that is wanted", () => {
    const { headers, url } = connectBy(
      "http",
      way({ in: "header", name: "Authorization", value: "Bearer {token}" }, http)
    )
    assert.deepStrictEqual([url, headers], ["https://acme.example/jobs", { Authorization: `Bearer ${secret}` }])
  })

  it("that a browser cannot have is a TypeError", () => {
    assert.throws(() => connect(way({ in: "url" }, { where: "server" })), TypeError, "no websocket")
  })
})

describe("open", () => {
  const start = async (options: Soniox.Options = {}, singleUse = true) => {
    const emulator = Soniox.make(options)
    const server = await serve(emulator)
    const config = ConfigProvider.layer(ConfigProvider.fromEnv({ env: emulator.env(server.origin) }))
    const minter = Minter.make(Layer.provide(Adapter.layerConfig, config))
    onTestFinished(() => Promise.all([minter.close(), server.close()]).then(() => {}))
    const answer = async () => encode(await minter.mint({ purpose: "stt.realtime", singleUse }))
    const credentials = source({ endpoint: "/", fetch: async () => Response.json(await answer(), { status: 201 }) })
    return { credentials, emulator }
  }
  const first = { model: "stt-rt-v5", audio_format: "pcm_s16le", sample_rate: 16_000, num_channels: 1 }

  /** Talks for a second, to the end; the app's own listeners come after the first message. */
  const talk = (socket: WebSocket) =>
    new Promise<string>((resolve) => {
      socket.addEventListener("open", () => {
        socket.send(new Uint8Array(32_000))
        socket.send("")
      })
      socket.addEventListener("message", ({ data }) => {
        if (/"(finished|error_type)"/.test(String(data))) resolve(String(data))
      })
    })

  it.each(["snx_temp_", "temp:"] as const)(
    "speaks to a vendor that has %s keys with the app's first message",
    async (keyForm) => {
      const { credentials, emulator } = await start({ keyForm })
      const socket = await credentials.open({ purpose: "stt.realtime" }, { first })
      assert.propertyVal(JSON.parse(await talk(socket)), "finished", true)
      assert.strictEqual(emulator.log.at(-1)?.headers["sec-websocket-protocol"] === undefined, keyForm === "temp:")
    }
  )

  it("leaves the first message to an app that gives none", async () => {
    const { credentials } = await start()
    const socket = open(await credentials.take({ purpose: "stt.realtime" }))
    socket.addEventListener("open", () => socket.send(JSON.stringify(first)))
    assert.propertyVal(JSON.parse(await talk(socket)), "finished", true)
  })

  it("shows the token to a vendor that wants it in a message, also where the app says nothing", async () => {
    const { credentials } = await start({ keyForm: "temp:" })
    const taken = await credentials.take({ purpose: "stt.realtime" })
    const socket = open(taken)
    const sent: Array<unknown> = []
    socket.send = (message) => void sent.push(message)
    await new Promise((resolve) => socket.addEventListener("open", resolve))
    socket.close()
    assert.deepStrictEqual(sent, [JSON.stringify({ api_key: taken.token })])
  })

  it("says nothing of its own where the token travels elsewhere", async () => {
    const { credentials } = await start()
    const socket = open(await credentials.take({ purpose: "stt.realtime" }))
    socket.send = () => assert.fail("it said something")
    await new Promise((resolve) => socket.addEventListener("open", resolve))
    socket.close()
  })

  it("has a fresh credential for every connection of a source", async () => {
    const { credentials, emulator } = await start()
    for (const count of [1, 2]) {
      const socket = await credentials.open({ purpose: "stt.realtime" }, { first })
      assert.propertyVal(JSON.parse(await talk(socket)), "finished", true)
      assert.lengthOf(emulator.issued, count)
    }
  })

  it("has a credential that no other connection has, also where it is good for many uses", async () => {
    const { credentials, emulator } = await start({}, false)
    await credentials.get({ purpose: "stt.realtime" })
    const opening = [1, 2, 3].map(() => credentials.open({ purpose: "stt.realtime" }, { first }))
    const heard = await Promise.all(opening.map((socket) => socket.then(talk)))
    for (const last of heard) assert.propertyVal(JSON.parse(last), "finished", true)
    assert.lengthOf(emulator.issued, 3)
  })

  it("rejects where the source does, and opens nothing", async () => {
    const { credentials, emulator } = await start()
    const leaving = AbortSignal.abort(new Error("away"))
    const opening = credentials.open({ purpose: "stt.realtime" }, { first, signal: leaving })
    assert.strictEqual(await opening.catch((error: unknown) => String(error)), "Error: away")
    assert.strictEqual(emulator.sessions, 0)
  })
})
