import { Profiler, StrictMode } from "react"
import { create, type ReactTestRenderer } from "react-test-renderer"
import { createMinter } from "tempcred"
import { source } from "tempcred/client"
import { serve, Soniox, Speech } from "tempcred/emulator"
import { assert, describe, it, onTestFinished, vi } from "vitest"
import { Dictation } from "../src/Dictation.tsx"

// Silences the deprecation notice of the renderer, which is the only one that needs no DOM.
vi.stubGlobal("IS_REACT_NATIVE_TEST_ENVIRONMENT", true)

const purpose = "stt.realtime"

/** Renders the page under StrictMode, with a small backend that mints at an emulated vendor. */
const start = async () => {
  const emulator = Soniox.make({ words: ["hello", "there"] })
  const server = await serve(emulator)
  const minter = createMinter({ provider: "soniox", env: emulator.env(server.origin) })
  onTestFinished(() => Promise.all([minter.close(), server.close()]).then(() => {}))
  const checks = new Set<() => void>()
  const notify = () => checks.forEach((check) => check())
  const mint = async () => Response.json((await minter.mint({ purpose })).toClient(), { status: 201 })
  const endpoint = { answer: mint, answered: 0 }
  const backend = async () => {
    const answer = await endpoint.answer()
    endpoint.answered += 1
    queueMicrotask(notify)
    return answer
  }
  const credentials = source({ endpoint: "/speech-token", fetch: backend })
  const speak = vi.fn<(socket: WebSocket) => void>((socket) => {
    socket.send(Speech.tone("x".repeat(17), 16_000))
    socket.send("")
  })
  let shown: ReactTestRenderer | undefined
  const show = () => {
    shown = create(
      <StrictMode>
        <Profiler id="page" onRender={notify}>
          <Dictation credentials={credentials} onOpen={speak} />
        </Profiler>
      </StrictMode>
    )
  }
  /** Waits for a condition, which is checked after each response and each render. */
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
  const seen = (text: string) => until(() => JSON.stringify(shown?.toJSON() ?? "").includes(text))
  const press = () => void shown?.root.findByType("button").props["onClick"]()
  return { emulator, endpoint, mint, press, seen, show, speak, unmount: () => shown?.unmount(), until }
}

describe("the microphone", () => {
  it("has its credential before it is pressed, and shows what the vendor hears", async () => {
    const { emulator, endpoint, press, seen, show, speak, unmount, until } = await start()
    show()
    await until(() => endpoint.answered === 1)
    press()
    await seen("hello")
    assert.lengthOf(emulator.issued, 1)
    assert.lengthOf(speak.mock.calls, 1)
    unmount()
  })

  it("can be pressed again after a refusal", async () => {
    const { endpoint, mint, press, seen, show, unmount, until } = await start()
    endpoint.answer = async () => new Response(null, { status: 401 })
    show()
    await until(() => endpoint.answered === 1)
    press()
    await seen("Sign in first")
    endpoint.answer = mint
    press()
    await seen("hello")
    unmount()
  })
})
