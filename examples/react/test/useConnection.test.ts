import { source } from "@tempcred/client"
import * as Minter from "@tempcred/core/Minter"
import { encode } from "@tempcred/core/TempCredential"
import { serve } from "@tempcred/emulator/Node"
import * as Emulator from "@tempcred/emulator/Soniox"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import { createElement, StrictMode } from "react"
import { create } from "react-test-renderer"
import { assert, describe, it, onTestFinished, vi } from "vitest"
import { useConnection } from "../src/useConnection.ts"

// Or else the renderer, the only one that needs no DOM, says that it is deprecated.
vi.stubGlobal("IS_REACT_NATIVE_TEST_ENVIRONMENT", true)

const purpose = "stt.realtime"
const audio = { audio_format: "pcm_s16le", sample_rate: 16_000, num_channels: 1 }

/** A component that shows nothing, before a small backend that mints at an emulated vendor. */
const start = async () => {
  const emulator = Emulator.make()
  const server = await serve(emulator)
  const variables = ConfigProvider.layer(ConfigProvider.fromEnv({ env: emulator.env(server.origin) }))
  const minter = Minter.make(Layer.provide(Soniox.layerConfig, variables))
  onTestFinished(() => Promise.all([minter.close(), server.close()]).then(() => {}))
  const backend = async () => Response.json(encode(await minter.mint({ purpose, singleUse: true })), { status: 201 })
  const endpoint = { answer: backend }
  const credentials = source({ endpoint: "/v1/credentials", fetch: () => endpoint.answer() })
  const seen: {
    last: ReturnType<typeof useConnection> | undefined
    readonly sockets: Array<WebSocket | undefined>
    readonly messages: Array<string>
  } = { last: undefined, sockets: [], messages: [] }
  const Component = ({ model = "stt-rt-v5" }) => {
    // Literals, which are others in every render.
    seen.last = useConnection(
      credentials,
      { purpose },
      {
        first: { ...audio, model },
        onMessage: ({ data }) => seen.messages.push(String(data))
      }
    )
    seen.sockets.push(seen.last.socket)
    return null
  }
  const show = (strict = false) => {
    const element = createElement(Component)
    const shown = create(strict ? createElement(StrictMode, null, element) : element)
    const update = (model?: string) => shown.update(createElement(Component, model === undefined ? {} : { model }))
    return { unmount: () => shown.unmount(), update }
  }
  const until = (holds: () => boolean) => vi.waitFor(() => assert.isTrue(holds()))
  return { credentials, emulator, endpoint, seen, show, until }
}

const isOpen = (socket: WebSocket | undefined) => socket?.readyState === WebSocket.OPEN
const isClosed = (socket: WebSocket | undefined) => (socket?.readyState ?? 0) >= WebSocket.CLOSING

describe("useConnection", () => {
  it("opens a connection, and closes it when the component goes", async () => {
    const { seen, show, until } = await start()
    const shown = show()
    await until(() => isOpen(seen.last?.socket))
    shown.unmount()
    await until(() => isClosed(seen.last?.socket))
  })

  it("mints once and opens one where React mounts it twice, as its StrictMode does", async () => {
    const { credentials, emulator, seen, show, until } = await start()
    const opening = vi.spyOn(credentials, "open")
    show(true)
    await until(() => isOpen(seen.last?.socket))
    assert.strictEqual(opening.mock.calls.length, 2)
    assert.lengthOf(emulator.issued, 1)
    assert.strictEqual(emulator.sessions, 1)
  })

  it("hands over each message", async () => {
    const { seen, show, until } = await start()
    show()
    await until(() => isOpen(seen.last?.socket))
    seen.last?.socket?.send(new Uint8Array(32_000))
    seen.last?.socket?.send("")
    await until(() => seen.messages.some((message) => message.includes("finished")))
  })

  it("opens one however often the component is rendered, and another when what is asked for is another", async () => {
    const { emulator, seen, show, until } = await start()
    const { update } = show()
    for (let count = 0; count < 20; count += 1) update()
    await until(() => isOpen(seen.last?.socket))
    const before = seen.last?.socket
    for (let count = 0; count < 20; count += 1) update()
    assert.strictEqual(seen.last?.socket, before)
    assert.lengthOf(emulator.issued, 1)
    update("stt-rt-v4")
    await until(() => seen.last?.socket !== before && isOpen(seen.last?.socket))
    assert.lengthOf(emulator.issued, 2)
  })

  it("shows no socket that is over, and says how the vendor closed it", async () => {
    const { emulator, seen, show, until } = await start()
    show()
    await until(() => isOpen(seen.last?.socket))
    const before = seen.last?.socket
    seen.last?.reconnect()
    await until(() => seen.last?.socket !== before)
    await until(() => isOpen(seen.last?.socket))
    assert.include(seen.sockets.slice(seen.sockets.lastIndexOf(before)), undefined)
    assert.isUndefined(seen.last?.closed)
    emulator.close()
    await until(() => seen.last?.closed !== undefined)
    assert.isUndefined(seen.last?.socket)
    seen.last?.reconnect()
    await until(() => isOpen(seen.last?.socket))
    assert.isUndefined(seen.last?.closed)
  })

  it("reconnects with a fresh credential", async () => {
    const { emulator, seen, show, until } = await start()
    show()
    await until(() => isOpen(seen.last?.socket))
    const before = seen.last?.socket
    seen.last?.reconnect()
    await until(() => seen.last?.socket !== before && isOpen(seen.last?.socket))
    await until(() => isClosed(before))
    assert.lengthOf(emulator.issued, 2)
  })

  it("shows why there is none, and tries again when it is told to", async () => {
    const { endpoint, seen, show, until } = await start()
    const { answer } = endpoint
    endpoint.answer = async () => new Response(null, { status: 403 })
    show()
    await until(() => seen.last?.error !== undefined)
    assert.strictEqual(String(seen.last?.error), "Error: no credential: forbidden")
    endpoint.answer = answer
    seen.last?.reconnect()
    await until(() => isOpen(seen.last?.socket))
    assert.isUndefined(seen.last?.error)
  })
})
