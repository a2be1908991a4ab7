/**
 * Connects with a credential of any vendor: chooses a connection that a browser can use, fills in the token, and opens
 * the WebSocket.
 *
 * ```ts
 * import { connection, type Credential, open } from "@tempcred/client"
 *
 * const credential: Credential = {
 *   provider: "soniox",
 *   purpose: "stt.realtime",
 *   token: "short-lived",
 *   issuedAt: "2026-11-21T12:00:00Z",
 *   expiresAt: "2026-11-21T12:01:00Z",
 *   expirySource: "vendor",
 *   uses: "once",
 *   relaxed: [],
 *   connections: [
 *     {
 *       kind: "websocket",
 *       url: "wss://stt-rt.soniox.com/transcribe-websocket",
 *       where: "anywhere",
 *       placement: { in: "subprotocols", protocols: ["soniox-api-key", "{token}"] }
 *     }
 *   ]
 * }
 * const { protocols } = connection(credential)
 * console.log(protocols.length) // => 2
 * // Or with the first message, and the wait until the socket is open:
 * const speak = () => open(credential, { first: { model: "stt-rt-v5", audio_format: "auto" } })
 * ```
 */
import { ConnectionError, type ConnectionFailure } from "./ConnectionError.ts"
import type { Connection, Credential, Placement } from "./Credential.ts"
import { requireEncryption } from "./EncryptedUrl.ts"
import { reasonOf } from "./source/Until.ts"

/**
 * A connection with the token filled in, ready for `new WebSocket(url, protocols)` or `fetch(url, { headers })`. Do not
 * log it.
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

type Value = string | number | boolean

/** Query parameters that the app adds to a URL. A list repeats its parameter; `undefined` leaves it out. */
export type Query = Readonly<Record<string, Value | ReadonlyArray<Value> | undefined>>

/**
 * Fills the token into the first connection that a browser can use. Connections that the vendor no longer accepts today
 * come last. Parameters of `query` are added to the URL, unless it or the token's placement already has the name.
 * Throws a `TypeError` if a browser can use no connection, or if the URL would send the token unencrypted to another
 * machine.
 */
export const connection = (
  credential: Credential,
  kind: Connection["kind"] = "websocket",
  query: Query = {}
): Filled => {
  const { token } = credential
  // A WebSocket in a browser has neither headers nor a form.
  const usable = credential.connections.filter(
    (one) => one.kind === kind && !/server|sdk|websocket(header|form)/.test(one.where + kind + one.placement.in)
  )
  const lasting = usable.find((one) => !(Date.parse(one.deprecatedFrom ?? "") < Date.now()))
  const chosen = lasting ?? usable[0]
  if (!chosen) throw new TypeError(`no ${kind}`)
  const placement: Fields = chosen.placement
  const { field = "", name = field, protocols = [], value = "" } = placement
  const put = (template: string) => template.replaceAll("{token}", () => token)
  const filled = (place: Placement["in"]) => (placement.in === place ? { [name]: put(value) } : {})
  // A token that is a whole URL is used unchanged.
  const url = chosen.url === "{token}" ? token : chosen.url.replaceAll("{token}", () => encodeURIComponent(token))
  requireEncryption(url)
  return {
    headers: filled("header"),
    url: withQuery(url, filled("query"), query),
    message: filled("message"),
    form: filled("form"),
    protocols: protocols.map(put)
  }
}

/** The fields of all placements. */
interface Fields {
  readonly in: Placement["in"]
  readonly name?: string
  readonly field?: string
  readonly value?: string
  readonly protocols?: ReadonlyArray<string>
}

/** Returns the decoded name of a query parameter. */
const nameOf = (pair: string): string => decodeURIComponent(pair.replace(/=.*/s, "").replaceAll("+", " "))

/**
 * Adds parameters as text, as some URLs are signed and some platforms lack parts of `URL`. The token's own parameter
 * replaces one of its name, the app's never do.
 */
const withQuery = (url: string, own: Readonly<Record<string, string>>, added: Query): string => {
  const [, address = "", , search = ""] = /^([^?#]*)(\?([^#]*))?/.exec(url) ?? []
  const owned = Object.keys(own)
  const pairs = search.split("&").filter((pair) => pair && !owned.includes(nameOf(pair)))
  const names = [...owned, ...pairs.map(nameOf)]
  const more = Object.entries(added).filter(([name]) => !names.includes(name))
  const written = [...Object.entries(own), ...more].flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`)
  )
  const all = [...pairs, ...written].join("&")
  return all ? `${address}?${all}` : address
}

/** A value, or a function of the credential, such as one value for each `credential.provider`. */
export type Choice<A> = A | ((credential: Credential) => A | undefined)

/** Options of a WebSocket. The credential's own parameters and fields take precedence over those of the app. */
export interface OpenOptions {
  /**
   * The app's first message, sent as JSON once the socket is open. It includes the token if the vendor expects it
   * there. Without this option, the first message has only the token, or is not sent if the token has another
   * placement. To send such a message yourself, make the WebSocket from `connection`.
   */
  readonly first?: Choice<Readonly<Record<string, unknown>>> | undefined
  /** Query parameters to add to the URL, such as the model. */
  readonly query?: Choice<Query> | undefined
  /** Stops the wait for the open socket, and closes it. */
  readonly signal?: AbortSignal | undefined
  /** The time limit for opening the socket, in seconds. @default 10 */
  readonly timeoutSeconds?: number | undefined
}

/**
 * Opens a WebSocket with a credential, and resolves when it is open. A listener that is added at once misses no
 * message. If the socket does not open, it is closed, and the promise rejects with a `ConnectionError`. It rejects with
 * a `TypeError` if a browser can use no connection.
 */
export const open = async (credential: Credential, options: OpenOptions = {}): Promise<WebSocket> => {
  const { signal, timeoutSeconds = 10 } = options
  if (signal?.aborted) throw new ConnectionError({ kind: "aborted" }, { cause: reasonOf(signal) })
  const filled = connection(credential, "websocket", chosenBy(credential, options.query))
  const first = JSON.stringify({ ...chosenBy(credential, options.first), ...filled.message })
  const socket = new WebSocket(filled.url, filled.protocols)
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", abort)
      socket.removeEventListener("close", close)
    }
    const fail = (failure: ConnectionFailure, more?: ErrorOptions) => {
      end()
      socket.removeEventListener("open", opened)
      socket.close()
      reject(new ConnectionError(failure, more))
    }
    const opened = () => {
      end()
      // Sends the message unless it is `{}`.
      if (first[2]) socket.send(first)
      resolve(socket)
    }
    const abort = () => fail({ kind: "aborted" }, { cause: reasonOf(signal) })
    // A browser shows only these codes for a failed handshake.
    const close = ({ code, reason }: CloseEvent) =>
      fail(
        [1006, 1015].includes(code)
          ? { kind: "refused" }
          : { kind: "closed", code, reason: reason.replaceAll(credential.token, "***") }
      )
    const timer = setTimeout(() => fail({ kind: "timedOut" }), timeoutSeconds * 1000)
    signal?.addEventListener("abort", abort)
    socket.addEventListener("close", close)
    socket.addEventListener("open", opened)
  })
}

const chosenBy = <A extends object>(credential: Credential, choice: Choice<A> | undefined): A | undefined =>
  typeof choice === "function" ? choice(credential) : choice
