import { source } from "@tempcred/client"
import * as Minter from "@tempcred/core/Minter"
import { TempCredential } from "@tempcred/core/TempCredential"
import { serve } from "@tempcred/emulator/Node"
import * as Emulator from "@tempcred/emulator/Soniox"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import { createElement, StrictMode } from "react"
import { create } from "react-test-renderer"
import { assert, describe, it, onTestFinished, vi } from "vitest"
import { useConnection } from "../src/useConnection.ts"

// Silences the deprecation notice of the renderer, which is the only one that needs no DOM.
vi.stubGlobal("IS_REACT_NATIVE_TEST_ENVIRONMENT", true)

const purpose = "stt.realtime"
const audio = { audio_format: "pcm_s16le", sample_rate: 16_000, num_channels: 1 }

/** Renders a component that shows nothing, with a small backend that mints at an emulated vendor. */
const start = async () => {
  const emulator = Emulator.make()
  const server = await serve(emulator)
  const variables = ConfigProvider.layer(ConfigProvider.fromEnv({ env: emulator.env(server.origin) }))
  const minter = Minter.make(Layer.provide(Soniox.layerConfig, variables))
  onTestFinished(() => Promise.all([minter.close(), server.close()]).then(() => {}))
  const backend = async () =>
    Response.json(TempCredential.encode(await minter.mint({ purpose, singleUse: true })), { status: 201 })
  const endpoint = { answer: backend }
  const credentials = source({ endpoint: "/v1/credentials", fetch: () => endpoint.answer() })
  const seen: {
    last: ReturnType<typeof useConnection> | undefined
    readonly sockets: Array<WebSocket | undefined>
    readonly messages: Array<string>
  } = { last: undefined, sockets: [], messages: [] }
  const checks = new Set<() => void>()
  const notify = () => checks.forEach((check) => check())
  const watched = new WeakSet<WebSocket>()
  /** Notices the end of a render, and the opening and the end of each socket. */
  const watch = (socket: WebSocket | undefined) => {
    queueMicrotask(notify)
    if (socket === undefined || watched.has(socket)) return
    watched.add(socket)
    for (const type of ["open", "close"]) socket.addEventListener(type, notify)
  }
  const Component = ({ model = "stt-rt-v5" }) => {
    // The literals are new objects in every render.
    seen.last = useConnection(
      credentials,
      { purpose },
      {
        first: { ...audio, model },
        onMessage: ({ data }) => {
          seen.messages.push(String(data))
          notify()
        }
      }
    )
    seen.sockets.push(seen.last.socket)
    watch(seen.last.socket)
    return null
  }
  const show = (strict = false) => {
    const element = createElement(Component)
    const shown = create(strict ? createElement(StrictMode, null, element) : element)
    const update = (model?: string) => shown.update(createElement(Component, model === undefined ? {} : { model }))
    return { unmount: () => shown.unmount(), update }
  }
  /** Waits for a condition, which is checked at each notice. */
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!holds()) return
        checks.delete(check)
        resolve()
      }
      checks.add(check)
      check()
    })
  return { credentials, emulator, endpoint, seen, show, until }
}

const isOpen = (socket: WebSocket | undefined) => socket?.readyState === WebSocket.OPEN
const isClosed = (socket: WebSocket | undefined) => (socket?.readyState ?? 0) >= WebSocket.CLOSING

describe("useConnection", () => {
  it("opens a connection, and closes it when the component unmounts", async () => {
    const { seen, show, until } = await start()
    const shown = show()
    await until(() => isOpen(seen.last?.socket))
    shown.unmount()
    await until(() => isClosed(seen.last?.socket))
  })

  it("mints once and opens one connection when StrictMode mounts the component twice", async () => {
    const { credentials, emulator, seen, show, until } = await start()
    const opening = vi.spyOn(credentials, "open")
    show(true)
    await until(() => isOpen(seen.last?.socket))
    assert.strictEqual(opening.mock.calls.length, 2)
    assert.lengthOf(emulator.issued, 1)
    assert.strictEqual(emulator.sessions, 1)
  })

  it("calls onMessage with each message", async () => {
    const { seen, show, until } = await start()
    show()
    await until(() => isOpen(seen.last?.socket))
    seen.last?.socket?.send(new Uint8Array(32_000))
    seen.last?.socket?.send("")
    await until(() => seen.messages.some((message) => message.includes("finished")))
  })

  it("keeps its connection across renders, and opens another one when the request changes", async () => {
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

  it("returns no closed socket, and tells how the vendor closed it", async () => {
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

  it("returns the error when there is no connection, and tries again on reconnect", async () => {
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
