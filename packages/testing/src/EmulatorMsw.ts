/**
 * Mounts an emulator as msw handlers: a program that calls the vendor's real hosts, over `fetch` or `WebSocket`, reaches the emulator.
 *
 * @since 0.1.0
 */
import type { Emulator, Session } from "@tempcred/emulator/Emulator"
import { http, HttpResponse, type RequestHandler, ws, type WebSocketHandler } from "msw"

/**
 * Makes the handlers for an emulator's vendor, and for one more origin where it is given.
 *
 * @category constructors
 * @since 0.1.0
 */
export const handlers = (emulator: Emulator, origin?: string): ReadonlyArray<RequestHandler | WebSocketHandler> => {
  const origins = Object.keys(emulator.hosts).map((host) => `https://${host}`)
  return (origin === undefined ? origins : [...origins, origin]).flatMap((one) => [
    http.all(`${one}/*`, async ({ request }) => {
      try {
        return await emulator.handle(request)
      } catch {
        return HttpResponse.error()
      }
    }),
    websocket(emulator, one.replace(/^http/, "ws"))
  ])
}

const websocket = (emulator: Emulator, origin: string): WebSocketHandler =>
  ws.link(`${origin}/*`).addEventListener("connection", async ({ client, info }) => {
    const waiting: Array<string | Uint8Array> = []
    let session: Session | undefined
    client.addEventListener("message", async ({ data }) => {
      const message = data instanceof Blob ? new Uint8Array(await data.arrayBuffer()) : bytesOrText(data)
      if (session === undefined) waiting.push(message)
      else session.message(message)
    })
    client.addEventListener("close", () => session?.closed())
    const protocols = [info.protocols ?? []].flat().join(", ")
    const answer = await emulator.connect(
      new Request(client.url.href.replace(/^ws/, "http"), {
        headers: protocols === "" ? {} : { "sec-websocket-protocol": protocols }
      })
    )
    if (answer instanceof Response) return client.close(1011, `refused with status ${answer.status}`)
    session = answer
    session.open({
      send: (data) => client.send(typeof data === "string" ? data : new Uint8Array(data)),
      close: (code, reason) => client.close(code, reason),
      destroy: () => client.close()
    })
    for (const message of waiting) session.message(message)
  })

const bytesOrText = (data: string | ArrayBufferLike | ArrayBufferView): string | Uint8Array => {
  if (typeof data === "string") return data
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
