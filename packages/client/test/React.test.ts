/** The React hook, with and without StrictMode. */
import { ConnectionError, SourceError } from "@tempcred/client"
import { useConnection } from "@tempcred/client/react"
import { createElement } from "react"
import { renderToString } from "react-dom/server"
import { assert, beforeEach, describe, it, vi } from "vitest"
import { render, type Scripted, sockets } from "./component.ts"
import { minted, page, pass, refused, request, slow, stopClocks } from "./page.ts"

beforeEach(stopClocks)

const once = () => minted({ uses: "once" })

const at = (all: ReadonlyArray<Scripted>, index: number): Scripted =>
  all[index] ?? assert.fail(`there is no socket ${index}`)

describe.each([
  ["React", false],
  ["StrictMode", true]
])("useConnection under %s", (_, isStrict) => {
  it("is idle until start, connects, and is open with the socket", async () => {
    const all = sockets()
    const credentials = page(once)
    const { now, renders, run, start } = await render({ credentials }, isStrict)
    assert.strictEqual(now().status, "idle")
    assert.lengthOf(credentials.calls, 0)
    await start()
    assert.strictEqual(now().status, "connecting")
    await run(() => at(all, 0).opens())
    const connection = now()
    assert.strictEqual(connection.status, "open")
    assert.propertyVal(connection, "socket", all[0])
    assert.deepStrictEqual([...new Set(renders.map(({ status }) => status))], ["idle", "connecting", "open"])
    assert.lengthOf(all, 1)
    assert.lengthOf(credentials.calls, 1)
  })

  it("starts once, however often start is called", async () => {
    const all = sockets()
    const credentials = page(once)
    const { now, run, start } = await render({ credentials }, isStrict)
    await run(() => {
      now().start()
      now().start()
    })
    await run(() => at(all, 0).opens())
    await start()
    assert.lengthOf(all, 1)
    assert.lengthOf(credentials.calls, 1)
  })

  it("opens one socket with one credential on mount with autoStart", async () => {
    const all = sockets()
    const credentials = page(once)
    const { now, renders, run } = await render({ credentials, options: { autoStart: true } }, isStrict)
    await run(() => at(all, 0).opens())
    assert.strictEqual(now().status, "open")
    assert.notInclude(
      renders.map(({ status }) => status),
      "idle"
    )
    assert.lengthOf(all, 1)
    assert.lengthOf(credentials.calls, 1)
  })

  it("uses a credential that was prefetched before the mount for one socket", async () => {
    const all = sockets()
    const credentials = page(once)
    credentials.prefetch(request)
    await pass(0)
    await render({ credentials, options: { autoStart: true } }, isStrict)
    assert.lengthOf(all, 1)
    assert.lengthOf(credentials.calls, 1)
  })

  it("keeps its socket across renders, and its controls are stable", async () => {
    const all = sockets()
    const credentials = page()
    const { now, run, start, update } = await render({ credentials }, isStrict)
    const before = now()
    await start()
    await run(() => at(all, 0).opens())
    for (let count = 0; count < 5; count += 1) await update({ credentials })
    assert.strictEqual(now().status, "open")
    assert.strictEqual(now().start, before.start)
    assert.strictEqual(now().stop, before.stop)
    assert.lengthOf(all, 1)
  })

  it("closes the socket on unmount, also one that opens later", async () => {
    const all = sockets()
    const credentials = page()
    const { start, unmount, run } = await render({ credentials }, isStrict)
    await start()
    await unmount()
    assert.isAtLeast(at(all, 0).readyState, 2)
    await run(() => at(all, 0).opens())
    assert.lengthOf(all, 1)
    const other = await render({ credentials, options: { autoStart: true } }, isStrict)
    await other.run(() => at(all, 1).opens())
    await other.unmount()
    assert.isAtLeast(at(all, 1).readyState, 2)
  })

  it("is idle at once after stop, while it connects and when it is open", async () => {
    const all = sockets()
    const onMessage = vi.fn<() => void>()
    const credentials = page(slow(100, once))
    const { now, run, start, stop } = await render({ credentials, options: { onMessage } }, isStrict)
    await start()
    await stop()
    assert.strictEqual(now().status, "idle")
    await start()
    await run(() => void pass(100))
    await run(() => at(all, 0).opens())
    await stop()
    assert.strictEqual(now().status, "idle")
    await run(() => at(all, 0).says("late"))
    assert.strictEqual(now().status, "idle")
    assert.lengthOf(onMessage.mock.calls, 0)
    assert.lengthOf(all, 1)
    // The second start joined the mint of the first.
    assert.lengthOf(credentials.calls, 1)
  })

  it("is closed with code and reason when the vendor ends it, and starts again with a new credential", async () => {
    const all = sockets()
    const credentials = page(once)
    const { now, run, start } = await render({ credentials }, isStrict)
    await start()
    await run(() => at(all, 0).opens())
    await run(() => at(all, 0).closes(1011, "idle for too long"))
    assert.deepInclude(now(), { status: "closed", code: 1011, reason: "idle for too long" })
    await start()
    assert.strictEqual(now().status, "connecting")
    await run(() => at(all, 1).opens())
    assert.strictEqual(now().status, "open")
    assert.notDeepEqual(at(all, 0).protocols, at(all, 1).protocols)
  })

  it("fails with the failure of the endpoint, and starts again", async () => {
    const all = sockets()
    const credentials = page([() => refused(403), minted])
    const { now, run, start } = await render({ credentials }, isStrict)
    await start()
    const connection = now()
    assert.strictEqual(connection.status, "failed")
    if (connection.status !== "failed") return
    assert.instanceOf(connection.error, SourceError)
    assert.strictEqual(connection.failure?.kind, "forbidden")
    await start()
    await run(() => at(all, 0).opens())
    assert.strictEqual(now().status, "open")
  })

  it("fails with the failure of the socket, or with another error", async () => {
    const all = sockets()
    let headers: () => Promise<Record<string, string>> = async () => ({})
    const credentials = page(minted, { headers: () => headers() })
    const { now, run, start } = await render({ credentials }, isStrict)
    await start()
    await run(() => at(all, 0).closes(1006))
    const refusedOne = now()
    assert.strictEqual(refusedOne.status, "failed")
    if (refusedOne.status !== "failed") return
    assert.instanceOf(refusedOne.error, ConnectionError)
    assert.deepStrictEqual(refusedOne.failure, { kind: "refused" })
    for (const thrown of [new Error("not signed in"), "not signed in"]) {
      headers = () => Promise.reject(thrown)
      await start()
      const connection = now()
      assert.strictEqual(connection.status, "failed")
      if (connection.status !== "failed") return
      assert.instanceOf(connection.error, Error)
      assert.isUndefined(connection.failure)
      assert.include([connection.error, connection.error.cause], thrown)
    }
  })

  it("connects again when the request changes, and never shows the old socket with the new request", async () => {
    const all = sockets()
    const credentials = page()
    const { now, renders, run, start, update } = await render({ credentials }, isStrict)
    await start()
    await run(() => at(all, 0).opens())
    const before = renders.length
    await update({ credentials, request: { ...request, region: "eu" } })
    assert.deepStrictEqual([...new Set(renders.slice(before).map(({ status }) => status))], ["connecting"])
    assert.isAtLeast(at(all, 0).readyState, 2)
    await run(() => at(all, 1).opens())
    assert.propertyVal(now(), "socket", all[1])
    await update({ credentials, request: { ...request, region: "eu" }, options: { first: { model: "two" } } })
    await run(() => at(all, 2).opens())
    assert.deepStrictEqual(at(all, 2).sent, ['{"model":"two"}'])
    assert.lengthOf(all, 3)
  })

  it("connects by another source when the source changes", async () => {
    const all = sockets()
    const [one, other] = [page(), page()]
    const { now, run, start, update } = await render({ credentials: one }, isStrict)
    await start()
    await run(() => at(all, 0).opens())
    await update({ credentials: other })
    await run(() => at(all, 1).opens())
    assert.strictEqual(now().status, "open")
    assert.isAtLeast(at(all, 0).readyState, 2)
    assert.lengthOf(other.calls, 1)
  })

  it("is idle when the request changes after a failure, or connects with autoStart", async () => {
    const all = sockets()
    const credentials = page([() => refused(403), () => refused(403), minted])
    const { now, start, update } = await render({ credentials }, isStrict)
    await start()
    assert.strictEqual(now().status, "failed")
    await update({ credentials, request: { ...request, region: "eu" } })
    assert.strictEqual(now().status, "idle")
    await update({ credentials })
    assert.strictEqual(now().status, "idle")
    const options = { autoStart: true }
    const automatic = await render({ credentials, options }, isStrict)
    assert.strictEqual(automatic.now().status, "failed")
    await automatic.update({ credentials, options, request: { ...request, region: "eu" } })
    assert.strictEqual(automatic.now().status, "connecting")
    assert.lengthOf(all, 1)
  })

  it("connects when autoStart becomes true", async () => {
    const all = sockets()
    const credentials = page()
    const { now, update } = await render({ credentials }, isStrict)
    await update({ credentials, options: { autoStart: true } })
    assert.strictEqual(now().status, "connecting")
    await update({ credentials })
    assert.strictEqual(now().status, "connecting")
    assert.lengthOf(all, 1)
  })

  it("prefetches on mount and after each end, and start then makes no request", async () => {
    const all = sockets()
    const credentials = page()
    const options = { prefetch: true }
    const { run, start, stop, update } = await render({ credentials, options }, isStrict)
    assert.lengthOf(credentials.calls, 1)
    await start()
    assert.lengthOf(credentials.calls, 1)
    assert.lengthOf(all, 1)
    await run(() => at(all, 0).opens())
    assert.lengthOf(credentials.calls, 1)
    await stop()
    assert.lengthOf(credentials.calls, 2)
    await update({ credentials, options, request: { ...request, region: "eu" } })
    assert.lengthOf(credentials.calls, 3)
  })

  it("prefetches a single-use credential with allowUnused only, and nothing without prefetch", async () => {
    sockets()
    const credentials = page(once)
    const single = { ...request, singleUse: true }
    const { update } = await render({ credentials, request: single, options: { prefetch: true } }, isStrict)
    await update({ credentials, request: single })
    assert.lengthOf(credentials.calls, 0)
    await update({ credentials, request: single, options: { prefetch: { allowUnused: true } } })
    assert.lengthOf(credentials.calls, 1)
  })

  it("calls the callbacks of the last render, and onOpen before the first message", async () => {
    const all = sockets()
    const credentials = page()
    const seen: Array<string> = []
    const optionsOf = (name: string) => ({
      onOpen: (socket: WebSocket) => void seen.push(`${name} opened ${socket.url}`),
      onMessage: ({ data }: MessageEvent) => void seen.push(`${name} got ${String(data)}`)
    })
    const { run, start, update } = await render({ credentials, options: optionsOf("first") }, isStrict)
    await start()
    await update({ credentials, options: optionsOf("second") })
    await run(() => at(all, 0).opens())
    await run(() => at(all, 0).says("hello"))
    await update({ credentials, options: optionsOf("third") })
    await run(() => at(all, 0).says("bye"))
    assert.deepStrictEqual(seen, ["second opened wss://acme.example/listen", "second got hello", "third got bye"])
  })
})

it("useConnection renders its first state on a server, and requests nothing", () => {
  const credentials = page()
  const Component = ({ autoStart }: { readonly autoStart: boolean }) =>
    useConnection(credentials, { purpose: "stt.realtime" }, { autoStart, prefetch: true }).status
  assert.strictEqual(renderToString(createElement(Component, { autoStart: false })), "idle")
  assert.strictEqual(renderToString(createElement(Component, { autoStart: true })), "connecting")
  assert.lengthOf(credentials.calls, 0)
})
