/** Which connection is used, with the token in its place, and what a WebSocket says first. */
import {
  type Connection,
  connection,
  ConnectionError,
  type Credential,
  open,
  type OpenOptions,
  type Query,
  source
} from "@tempcred/client"
import { fill } from "@tempcred/core/Connection"
import * as Minter from "@tempcred/core/Minter"
import { TempCredential } from "@tempcred/core/TempCredential"
import { serve } from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Adapter from "@tempcred/soniox/Soniox"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { once } from "node:events"
import { createServer, type Socket } from "node:net"
import { inspect } from "node:util"
import { assert, describe, it, onTestFinished, vi } from "vitest"
import { credential, pass, stopClocks } from "./page.ts"

const secret = "to$&ken/+="

const way = (placement: Connection["placement"], more: Partial<Connection> = {}): Connection => ({
  kind: "websocket",
  url: "wss://acme.example/listen",
  where: "anywhere",
  placement,
  ...more
})

/** Sockets that do what a test says, and what was done with them. */
const scripted = (begin: (socket: EventTarget) => void) => {
  const seen: Array<string> = []
  class Scripted extends EventTarget {
    constructor() {
      super()
      queueMicrotask(() => begin(this))
    }
    send = (text: string) => void seen.push(`sent ${text}`)
    close = () => void seen.push("closed")
  }
  vi.stubGlobal("WebSocket", Scripted)
  onTestFinished(() => void vi.unstubAllGlobals())
  return seen
}

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

  it("opens a token that is a URL unchanged", () => {
    const token = "wss://acme.example/talk?agent=1&signature=a%2Fb%3D"
    const whole = way({ in: "url", protocols: ["convai"] }, { url: "{token}" })
    const { protocols, url } = connection(credential({ token, connections: [whole] }))
    assert.deepStrictEqual([url, protocols], [token, ["convai"]])
  })

  it("skips placements for a vendor's SDK only", () => {
    const sdk = way({ in: "sdk", name: "token" })
    assert.throws(() => connect(sdk), /no websocket/)
    assert.deepStrictEqual(connect(sdk, way({ in: "subprotocols", protocols: ["{token}"] })).protocols, [secret])
  })

  it("skips placements that a browser's WebSocket lacks", () => {
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

  it("is a deprecated one only if there is no other", () => {
    const of = (name: string, deprecatedFrom: string) =>
      way({ in: "subprotocols", protocols: [name] }, { deprecatedFrom })
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    assert.deepStrictEqual(connect(of("gone", "2026-01-01"), of("good", tomorrow)).protocols, ["good"])
    assert.deepStrictEqual(connect(of("good", tomorrow), of("other", tomorrow)).protocols, ["good"])
    assert.deepStrictEqual(connect(of("gone", "2026-01-01")).protocols, ["gone"])
  })

  it("is over HTTP on request", () => {
    const { headers, url } = connectBy(
      "http",
      way({ in: "header", name: "Authorization", value: "Bearer {token}" }, http)
    )
    assert.deepStrictEqual([url, headers], ["https://acme.example/jobs", { Authorization: `Bearer ${secret}` }])
  })

  it("that a browser cannot use is a TypeError", () => {
    assert.throws(() => connect(way({ in: "url" }, { where: "server" })), TypeError, "no websocket")
  })
})

describe("the app's query parameters", () => {
  const added = (own: Connection, query: Query) =>
    connection(credential({ token: secret, connections: [own] }), "websocket", query).url
  const token = "token=to%24%26ken%2F%2B%3D"

  it("follows the credential's own parameters: texts, numbers, booleans and lists", () => {
    const query = {
      model: "nova 3",
      sample_rate: 16_000,
      interim: true,
      keyterm: ["a&b", "c"],
      none: undefined,
      empty: []
    }
    const written = "model=nova%203&sample_rate=16000&interim=true&keyterm=a%26b&keyterm=c"
    const subprotocols = way({ in: "subprotocols", protocols: ["{token}"] })
    assert.strictEqual(added(subprotocols, query), `wss://acme.example/listen?${written}`)
    const inQuery = way({ in: "query", name: "token", value: "{token}" }, { url: "wss://acme.example/listen?a=1" })
    assert.strictEqual(added(inQuery, query), `wss://acme.example/listen?a=1&${token}&${written}`)
  })

  it("replaces no parameter of the credential, in any spelling", () => {
    const url = "wss://acme.example/listen?agent+id=1&%6Dodel=fixed&flag&=&constructor"
    const own = way({ in: "query", name: "token", value: "{token}" }, { url })
    const query = { token: "mine", "agent id": "mine", model: "mine", flag: "mine", "": "mine", constructor: "mine" }
    assert.strictEqual(added(own, { ...query, toString: "new" }), `${url}&${token}&toString=new`)
  })

  it("does not change a signed URL", () => {
    const signed = "wss://acme.example/talk?agent=1&signature=a%2Fb%3D*~%20!"
    const whole = way({ in: "url", protocols: ["convai"] }, { url: "{token}" })
    const { protocols, url } = connection(credential({ token: signed, connections: [whole] }), "websocket", {
      signature: "mine",
      language: "en"
    })
    assert.deepStrictEqual([url, protocols], [`${signed}&language=en`, ["convai"]])
  })
})

describe("a connection that is not encrypted", () => {
  const placement = { in: "subprotocols", protocols: ["{token}"] } as const
  it.each([
    "ws://acme.example/",
    "http://acme.example/",
    "ws://localhost.example/",
    "ws://127.0.0.1@acme.example/",
    "//acme.example/"
  ])("is a TypeError, and opens nothing: %s", async (url) => {
    const opening = open(credential({ connections: [way(placement, { url })] }))
    const error = await opening.catch((failure: unknown) => failure)
    assert.instanceOf(error, TypeError)
    assert.match(error.message, /^(ws|http|\/\/.*): is allowed on loopback only/)
  })

  it.each(["ws://localhost:1/", "WS://127.0.0.1/", "ws://[::1]:1/", "ws://app.localhost/"])(
    "is allowed on loopback: %s",
    (url) => assert.strictEqual(connect(way(placement, { url })).url, url)
  )

  it("is a TypeError for a whole URL as the token, which the error does not contain", () => {
    const token = "ws://acme.example/?signature=secret"
    const connections = [way({ in: "url" }, { url: "{token}" })] as const
    assert.throws(() => connection(credential({ token, connections })), TypeError, /^ws: is allowed on loopback only/)
  })
})

describe("a socket that does not open", () => {
  const placement = { in: "query", name: "token", value: "{token}" } as const
  /** A credential whose connection is to a port where each connection is met so. */
  const at = async (meet: (socket: Socket) => void) => {
    const sockets = new Set<Socket>()
    let close = (_: unknown) => {}
    const closed = new Promise((resolve) => {
      close = resolve
    })
    const server = createServer((socket) => {
      sockets.add(socket.resume())
      socket.on("close", close).on("error", () => {})
      meet(socket)
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const address = server.address()
    const port = typeof address === "object" ? address?.port : undefined
    return {
      credential: credential({ token: "secret", connections: [way(placement, { url: `ws://127.0.0.1:${port}/` })] }),
      leave: () => new Promise((resolve) => server.close(resolve)),
      closed
    }
  }
  const refusing = (socket: Socket) =>
    void socket.once("data", () => socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"))
  const failureOf = async (opening: Promise<unknown>) => {
    const error = await opening.catch((failure: unknown) => failure)
    assert.instanceOf(error, ConnectionError)
    assert.notInclude(inspect(error, { depth: 10, showHidden: true }), "secret")
    return error
  }

  it("that was refused or not reached is distinguished from a closed one", async () => {
    const { credential: met } = await at(refusing)
    assert.deepStrictEqual((await failureOf(open(met))).failure, { kind: "refused" })
    const { credential: dropped } = await at((socket) => socket.destroy())
    assert.deepStrictEqual((await failureOf(open(dropped))).failure, { kind: "refused" })
  })

  it("in time is closed", async () => {
    const { closed, credential: met } = await at(() => {})
    const error = await failureOf(open(met, { timeoutSeconds: 0.05 }))
    assert.deepStrictEqual(error.failure, { kind: "timedOut" })
    await closed
  })

  it("before the caller leaves is closed", async () => {
    const { closed, credential: met } = await at(() => leaving.abort("away"))
    const leaving = new AbortController()
    const error = await failureOf(open(met, { signal: leaving.signal }))
    assert.deepStrictEqual([error.failure, error.cause], [{ kind: "aborted" }, "away"])
    await closed
    const gone = await failureOf(open(met, { signal: AbortSignal.abort("gone") }))
    assert.deepStrictEqual([gone.failure, gone.cause], [{ kind: "aborted" }, "gone"])
  })

  it("has a time limit of ten seconds", async () => {
    stopClocks()
    const sockets = scripted(() => {})
    let settled = false
    const opening = failureOf(open(credential())).finally(() => {
      settled = true
    })
    await pass(9999)
    assert.isFalse(settled)
    await pass(1)
    assert.deepStrictEqual((await opening).failure, { kind: "timedOut" })
    assert.deepStrictEqual(sockets, ["closed"])
  })

  it("that was closed has its code and reason, without the token", async () => {
    scripted((socket) =>
      socket.dispatchEvent(Object.assign(new Event("close"), { code: 4401, reason: "bad token secret" }))
    )
    const { failure } = await failureOf(open(credential({ token: "secret" })))
    assert.deepStrictEqual(failure, { kind: "closed", code: 4401, reason: "bad token ***" })
  })

  it("sends nothing, also if it opens late", async () => {
    stopClocks()
    const sockets = scripted((socket) => setTimeout(() => socket.dispatchEvent(new Event("open")), 60))
    const opening = failureOf(open(credential(), { first: { model: "one" }, timeoutSeconds: 0.05 }))
    await pass(100)
    await opening
    assert.deepStrictEqual(sockets, ["closed"])
  })

  /** Makes a source whose endpoint caches: it serves a credential for a minute, unless that is reported. */
  const cached = (more: Partial<Credential>, ageSeconds = 0) => {
    const mint = (age: number) => {
      const issued = Date.now() - age * 1000
      const times = { issuedAt: new Date(issued).toISOString(), expiresAt: new Date(issued + 60_000).toISOString() }
      return { ...credential(), ...more, ...times, token: `secret ${Math.random()}` }
    }
    let held = mint(ageSeconds)
    const bodies: Array<{ readonly purpose?: string; readonly refused?: string | undefined }> = []
    const { open: connecting } = source({
      endpoint: "/",
      fetch: async (_, { body }) => {
        const said = await new Request("http://localhost/", { method: "POST", body: body ?? null }).json()
        bodies.push(said)
        if (said.refused === held.fingerprint || Date.parse(held.expiresAt) - Date.now() < 10_000) held = mint(0)
        return Response.json(held, { status: 201, headers: { date: new Date().toUTCString() } })
      }
    })
    const { purpose, fingerprint } = held
    return { bodies, fingerprint, purpose, connect: () => connecting({ purpose }) }
  }
  const reports = (bodies: ReadonlyArray<{ readonly refused?: string | undefined }>) =>
    bodies.flatMap(({ refused }) => refused ?? [])

  it("has its credential reported by the source unless it was fresh, and a reconnect gets another", async () => {
    const { connections } = (await at(refusing)).credential
    const { bodies, connect: reconnect, fingerprint, purpose } = cached({ connections }, 40)
    await failureOf(reconnect())
    await failureOf(reconnect())
    assert.deepStrictEqual(bodies, [{ purpose }, { purpose, refused: fingerprint }])
  })

  it("does not report a fresh credential, which is used again", async () => {
    const { connections } = (await at(refusing)).credential
    const { bodies, connect: reconnect } = cached({ connections })
    for (let count = 0; count < 3; count += 1) await failureOf(reconnect())
    assert.deepStrictEqual(reports(bodies), [])
  })

  it("costs one mint when ten tries do not reach the host", async () => {
    const { credential: gone, leave } = await at(() => {})
    await leave()
    const { bodies, connect: reconnect, fingerprint } = cached({ connections: gone.connections }, 40)
    for (let count = 0; count < 10; count += 1) await failureOf(reconnect())
    assert.deepStrictEqual([bodies.length, reports(bodies)], [10, [fingerprint]])
  })

  it("is reported every 30 seconds during an outage, also if the vendor closes the socket", async () => {
    stopClocks()
    for (const code of [1006, 4401]) {
      scripted((socket) => socket.dispatchEvent(Object.assign(new Event("close"), { code, reason: "" })))
      const { bodies, connect: reconnect } = cached({}, 10)
      for (let second = 0; second < 150; second += 1) {
        await failureOf(reconnect())
        await pass(1000)
      }
      assert.deepStrictEqual(
        bodies.flatMap(({ refused }, second) => (refused === undefined ? [] : second)),
        [22, 54, 86, 118]
      )
    }
  })

  it("is not closed by a signal that comes later", async () => {
    const sockets = scripted((socket) => socket.dispatchEvent(new Event("open")))
    const leaving = new AbortController()
    await open(credential(), { signal: leaving.signal, first: { model: "one" } })
    leaving.abort()
    assert.deepStrictEqual(sockets, ['sent {"model":"one"}'])
  })
})

describe("a first message", () => {
  const said = async (options: OpenOptions, more: Partial<Credential> = {}) => {
    const sockets = scripted((socket) => socket.dispatchEvent(new Event("open")))
    await open(credential({ token: secret, ...more }), options)
    return sockets
  }
  const inMessage = { connections: [way({ in: "message", field: "api_key", value: "{token}" })] } as const

  it("is a function of the credential, so that each vendor gets its own", async () => {
    const first = ({ provider, region }: Credential) => (provider === "acme" ? { model: "one", region } : undefined)
    assert.deepStrictEqual(await said({ first }, { region: "eu" }), ['sent {"model":"one","region":"eu"}'])
    assert.deepStrictEqual(await said({ first }, { provider: "other" }), [])
    assert.deepStrictEqual(await said({ first }, { provider: "other", ...inMessage }), [
      `sent ${JSON.stringify({ api_key: secret })}`
    ])
  })

  it("replaces no field of the credential", async () => {
    assert.deepStrictEqual(await said({ first: { api_key: "mine", model: "one" } }, inMessage), [
      `sent ${JSON.stringify({ api_key: secret, model: "one" })}`
    ])
  })

  it("that cannot be made rejects, and opens nothing", async () => {
    const wrong = new Error("no model")
    const refuse = () => {
      throw wrong
    }
    for (const options of [{ first: refuse }, { query: refuse }]) {
      assert.strictEqual(await open(credential(), options).catch((error: unknown) => error), wrong)
    }
  })
})

describe("open", () => {
  const start = async (options: Soniox.Options = {}, singleUse = true) => {
    const emulator = Soniox.make(options)
    const server = await serve(emulator)
    const config = ConfigProvider.layer(ConfigProvider.fromEnv({ env: emulator.env(server.origin) }))
    const minter = Minter.make(Layer.provide(Adapter.layerConfig, config))
    onTestFinished(() => Promise.all([minter.close(), server.close()]).then(() => {}))
    const answer = async () => TempCredential.encode(await minter.mint({ purpose: "stt.realtime", singleUse }))
    const credentials = source({ endpoint: "/", fetch: async () => Response.json(await answer(), { status: 201 }) })
    return { credentials, emulator }
  }
  const first = { model: "stt-rt-v5", audio_format: "pcm_s16le", sample_rate: 16_000, num_channels: 1 }

  /** Talks for a second, to the end. */
  const talk = (socket: WebSocket) =>
    new Promise<string>((resolve) => {
      socket.send(new Uint8Array(32_000))
      socket.send("")
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

  /** What is sent on sockets from now on. */
  const sending = () => {
    const send = vi.spyOn(WebSocket.prototype, "send").mockImplementation(() => {})
    onTestFinished(() => send.mockRestore())
    const sent: Array<unknown> = []
    send.mockImplementation((message) => void sent.push(message))
    return sent
  }

  it("leaves the first message to an app that gives none", async () => {
    const { credentials } = await start()
    const socket = await open(await credentials.take({ purpose: "stt.realtime" }))
    socket.send(JSON.stringify(first))
    assert.propertyVal(JSON.parse(await talk(socket)), "finished", true)
  })

  it("sends the token in a message for vendors that expect it, also without an app's message", async () => {
    const { credentials } = await start({ keyForm: "temp:" })
    const taken = await credentials.take({ purpose: "stt.realtime" })
    const sent = sending()
    const socket = await open(taken)
    socket.close()
    assert.deepStrictEqual(sent, [JSON.stringify({ api_key: taken.token })])
  })

  it("sends no message of its own if the token has another placement", async () => {
    const { credentials } = await start()
    const taken = await credentials.take({ purpose: "stt.realtime" })
    const sent = sending()
    const socket = await open(taken)
    socket.close()
    assert.deepStrictEqual(sent, [])
  })

  it("has a fresh credential for every connection of a source", async () => {
    const { credentials, emulator } = await start()
    for (const count of [1, 2]) {
      const socket = await credentials.open({ purpose: "stt.realtime" }, { first })
      assert.propertyVal(JSON.parse(await talk(socket)), "finished", true)
      assert.lengthOf(emulator.issued, count)
    }
  })

  it("takes a credential for every connection, also a multi-use one", async () => {
    const { credentials, emulator } = await start({}, false)
    await credentials.get({ purpose: "stt.realtime" })
    const opening = [1, 2, 3].map(() => credentials.open({ purpose: "stt.realtime" }, { first }))
    const heard = await Promise.all(opening.map((socket) => socket.then(talk)))
    for (const last of heard) assert.propertyVal(JSON.parse(last), "finished", true)
    assert.lengthOf(emulator.issued, 3)
  })

  it("rejects as the source does, and opens nothing", async () => {
    const { credentials, emulator } = await start()
    const leaving = AbortSignal.abort(new Error("away"))
    const opening = credentials.open({ purpose: "stt.realtime" }, { first, signal: leaving })
    const error = await opening.catch((failure: unknown) => failure)
    assert.instanceOf(error, ConnectionError)
    assert.deepStrictEqual([error.failure.kind, String(error.cause)], ["aborted", "Error: away"])
    assert.strictEqual(emulator.sessions, 0)
  })
})
