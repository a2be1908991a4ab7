/**
 * Round trips from the press of a button to the open socket, counted on real connections: one for each new connection,
 * and one whenever the client sends something and waits for the answer.
 */
import { source } from "@tempcred/client"
import { serve } from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import { connect, createServer as listen, type AddressInfo, type Server } from "node:net"
import { join } from "node:path"
import { assert, it, onTestFinished } from "vitest"
import { credential, request } from "./page.ts"

const portOf = async (server: Server): Promise<number> => {
  await once(server.listen(0, "127.0.0.1"), "listening")
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Carries connections to a port, and counts their round trips. */
const relay = async (to: number) => {
  const seen = { roundTrips: 0 }
  const server = listen((near) => {
    const far = connect(to, "127.0.0.1")
    let isWaiting = false
    // Of TCP's own handshake.
    seen.roundTrips += 1
    near.on("data", (bytes) => {
      if (!isWaiting) seen.roundTrips += 1
      isWaiting = true
      far.write(bytes)
    })
    far.on("data", (bytes) => {
      isWaiting = false
      near.write(bytes)
    })
    for (const [one, other] of [
      [near, far],
      [far, near]
    ] as const) {
      one.on("error", () => other.destroy())
      one.on("close", () => other.destroy())
    }
  })
  return { port: await portOf(server), seen }
}

/** A page with a vendor and its own backend, each behind a relay. */
const start = async () => {
  const emulator = Soniox.make()
  const vendor = await serve(emulator)
  onTestFinished(() => vendor.close())
  const toVendor = await relay(Number(new URL(vendor.origin).port))
  const url = `ws://127.0.0.1:${toVendor.port}/transcribe-websocket`
  const backend = createServer((_, response) => {
    const placement = { in: "message", field: "api_key", value: "{token}" } as const
    const connections = [{ kind: "websocket", url, where: "anywhere", placement }] as const
    response.writeHead(201, { "content-type": "application/json" })
    response.end(JSON.stringify(credential({ provider: "soniox", token: emulator.apiKey, connections })))
  })
  const toBackend = await relay(await portOf(backend))
  const endpoint = `http://127.0.0.1:${toBackend.port}/v1/credentials`
  const credentials = source({ endpoint })
  const total = () => toVendor.seen.roundTrips + toBackend.seen.roundTrips
  /** Counts the round trips of an attempt to open a socket. */
  const count = async (opening: () => Promise<WebSocket>) => {
    const before = total()
    const socket = await opening()
    const used = total() - before
    socket.close()
    await once(socket, "close")
    return used
  }
  return { count, credentials, url }
}

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8")

const opened = async (url: string) => {
  const socket = new WebSocket(url)
  await once(socket, "open")
  return socket
}

it("a prefetch saves the round trips to the endpoint and is as fast as a key in the page, as the README says", async () => {
  const { count, credentials, url } = await start()
  const inPage = await count(() => opened(url))
  const newConnection = await count(() => credentials.open(request))
  const keptConnection = await count(() => credentials.open(request))
  credentials.prefetch(request)
  await credentials.get(request)
  const prefetched = await count(() => credentials.open(request))
  assert.deepStrictEqual(
    [inPage, newConnection, keptConnection, prefetched],
    Array.from(readme.matchAll(/^\| .* \| (\d) +\|$/gm), ([, figure]) => Number(figure))
  )
  assert.strictEqual(prefetched, inPage)
})
