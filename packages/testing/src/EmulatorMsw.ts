/**
 * Mounts an emulator as msw handlers: requests to the vendor's real hosts, by `fetch` or `WebSocket`, reach the emulator.
 *
 * ```ts
 * import * as Soniox from "@tempcred/emulator/Soniox"
 * import * as EmulatorMsw from "@tempcred/testing/EmulatorMsw"
 * import { setupServer } from "msw/node"
 *
 * const emulator = Soniox.make()
 * const server = setupServer(...EmulatorMsw.handlers(emulator))
 * server.listen({ onUnhandledFrame: "error" })
 * const minted = await fetch("https://api.soniox.com/v1/auth/temporary-api-key", {
 *   method: "POST",
 *   headers: { authorization: `Bearer ${emulator.apiKey}`, "content-type": "application/json" },
 *   body: JSON.stringify({ usage_type: "transcribe_websocket", expires_in_seconds: 60 })
 * })
 * console.log(minted.status) // => 201
 * server.close()
 * ```
 *
 * @since 0.1.0
 */

import type { Emulator, Session } from "@tempcred/emulator/Emulator"
import { ConnectionReset } from "@tempcred/emulator/Faults"
import { http, HttpResponse, type RequestHandler, WebSocketHandler } from "msw"

/**
 * Makes the handlers for the hosts of an emulator's vendor, and for one more origin if it is given. A dropped connection is a network error.
 * A WebSocket that is refused or dropped has an `error` event and closes with 1006; other closes have the vendor's codes.
 *
 * msw does not show a WebSocket's headers, so the credential must be in the URL, the subprotocols or a message. It does not intercept
 * the `ws` package; use a port for that.
 *
 * @category constructors
 * @since 0.1.0
 */
export const handlers = (emulator: Emulator, origin?: string): ReadonlyArray<RequestHandler | WebSocketHandler> => {
  const origins = Object.keys(emulator.hosts).map((host) => `https://${host}`)
  return (origin === undefined ? origins : [...origins, origin]).flatMap((one) => [
    http.all(`${one}/*`, async ({ request }) => (await emulator.handle(request).catch(lost)) ?? HttpResponse.error()),
    new SocketHandler(emulator, one)
  ])
}

/** Treats a dropped connection as no response. Rethrows any other failure. */
const lost = (failure: unknown): undefined => {
  if (!(failure instanceof ConnectionReset)) throw failure
}

type Run = WebSocketHandler["run"]
type Client = Parameters<Run>[0]["client"]

/** A handler that can refuse a socket. msw opens a socket after `run`, without waiting for the listeners of `ws.link`. */
class SocketHandler extends WebSocketHandler {
  readonly #emulator: Emulator

  constructor(emulator: Emulator, origin: string) {
    super(`${origin.replace(/^http/, "ws")}/*`)
    this.#emulator = emulator
  }

  override async run(...args: Parameters<Run>): ReturnType<Run> {
    const connection = await super.run(...args)
    if (connection === null) return null
    const { client, info } = connection
    const decision = await this.#emulator.connect(upgrade(client.url, info.protocols)).catch(lost)
    if (decision === undefined || decision instanceof Response) drop(client)
    else converse(decision, client)
    return connection
  }
}

const upgrade = (url: URL, protocols: string | ReadonlyArray<string> = []): Request => {
  const offered = [protocols].flat().join(", ")
  return new Request(url.href.replace(/^ws/, "http"), {
    headers: offered === "" ? {} : { "sec-websocket-protocol": offered }
  })
}

const converse = (session: Session, client: Client): void => {
  // A Blob is read asynchronously. Later messages must wait for it.
  let heard = Promise.resolve()
  client.addEventListener("message", ({ data }) => {
    heard = heard.then(async () => session.message(await textOrBytes(data)))
  })
  client.addEventListener("close", () => session.closed())
  client.addEventListener("open", () =>
    session.open({
      send: (data) => client.send(typeof data === "string" ? data : new Uint8Array(data)),
      // msw sends in a microtask, and drops unsent messages when a socket closes.
      close: (code, reason) => queueMicrotask(() => client.close(code, reason)),
      destroy: () => drop(client)
    })
  )
}

const textOrBytes = async (data: string | Blob | ArrayBufferLike | ArrayBufferView): Promise<string | Uint8Array> => {
  if (typeof data === "string") return data
  if (data instanceof Blob) return new Uint8Array(await data.arrayBuffer())
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}

/** Ends a connection like a network failure. */
const drop = (client: Client): void => {
  if ("socket" in client && client.socket instanceof EventTarget) client.socket.dispatchEvent(new Event("error"))
  client.close(1006)
}
