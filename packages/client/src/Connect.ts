/**
 * Connecting with a credential: which of its connections a browser uses, with the token filled in, and the WebSocket itself. No code here knows a vendor.
 *
 * ```ts
 * import { open } from "@tempcred/client"
 * import * as Minter from "@tempcred/core/Minter"
 * import { encode } from "@tempcred/core/TempCredential"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 *
 * const minter = Minter.make(Soniox.layerConfig)
 * const credential = encode(await minter.mint({ purpose: "stt.realtime" })) // a page gets it from a source
 * const socket = open(credential, { first: { model: "stt-rt-v5", audio_format: "auto" } })
 * await new Promise((resolve) => socket.addEventListener("open", resolve))
 * console.log(socket.protocol) // => soniox-api-key
 * socket.close()
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */
import type { Connection, Credential, Placement } from "./Credential.ts"

/**
 * A connection with the token filled in, ready for `new WebSocket(url, protocols)` or `fetch(url, { headers })`. It is not to be logged.
 *
 * @category models
 * @since 0.1.0
 */
export interface Filled {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly protocols: Array<string>
  /** Fields to merge into the first message. */
  readonly message: Readonly<Record<string, string>>
  /** Fields to add to the form. */
  readonly form: Readonly<Record<string, string>>
}

/**
 * Fills the token into the first connection that a browser can use; one that the vendor no longer accepts today only where there is no other. It throws a
 * `TypeError` where a browser can use none.
 *
 * @category combinators
 * @since 0.1.0
 */
export const connection = (credential: Credential, kind: Connection["kind"] = "websocket"): Filled => {
  // A WebSocket in a browser has neither headers nor a form.
  const usable = credential.connections.filter(
    (one) => one.kind === kind && !/server|sdk|websocket(header|form)/.test(one.where + kind + one.placement.in)
  )
  const lasting = usable.find((one) => !(Date.parse(one.deprecatedFrom ?? "") < Date.now()))
  const chosen = lasting ?? usable[0]
  if (!chosen) throw new TypeError(`no ${kind}`)
  const placement: Fields = chosen.placement
  const { field = "", name = field, protocols = [], value = "" } = placement
  const put = (template: string) => template.replaceAll("{token}", () => credential.token)
  const filled = (place: Placement["in"]) => (placement.in === place ? { [name]: put(value) } : {})
  // A token that is a URL as a whole is opened as the vendor wrote it.
  const url = new URL(
    chosen.url === "{token}" ? credential.token : chosen.url.replaceAll("{token}", encodeURIComponent(credential.token))
  )
  if (placement.in === "query") url.searchParams.set(name, put(value))
  return {
    headers: filled("header"),
    url: url.href,
    message: filled("message"),
    form: filled("form"),
    protocols: protocols.map(put)
  }
}

/** What placements have, each of them a part. */
interface Fields {
  readonly in: Placement["in"]
  readonly name?: string
  readonly field?: string
  readonly value?: string
  readonly protocols?: ReadonlyArray<string>
}

/**
 * How a WebSocket begins.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenOptions {
  /**
   * The app's first message, sent as JSON as soon as the socket is open, with the token in it where the vendor wants it there. Without it the token alone is
   * sent there, and nothing where the token travels elsewhere; an app that sends its own first message on such a socket makes the socket from `connection`.
   */
  readonly first?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Opens a WebSocket as the credential says; the app says on it what the vendor's API wants. It throws a `TypeError` where a browser can use no connection.
 *
 * @category constructors
 * @since 0.1.0
 */
export const open = (credential: Credential, options?: OpenOptions): WebSocket => {
  const filled = connection(credential)
  const socket = new WebSocket(filled.url, filled.protocols)
  const first = JSON.stringify({ ...options?.first, ...filled.message })
  // Longer than `{}`.
  if (first[2]) socket.addEventListener("open", () => socket.send(first))
  return socket
}
