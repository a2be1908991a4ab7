/**
 * Scripted faults: what a test makes the next requests to a route suffer, each once and in the order in which they were
 * added, unless it is told how often.
 *
 * ```ts
 * import * as Soniox from "@tempcred/emulator/Soniox"
 *
 * const soniox = Soniox.make()
 * soniox.faults.add(Soniox.mintRoute, { status: 503 })
 * soniox.faults.add(Soniox.mintRoute, Soniox.mintFault("internal_error"), 2)
 * const mint = () => soniox.handle(new Request("https://api.soniox.com/v1/auth/temporary-api-key", { method: "POST" }))
 * const statuses = [await mint(), await mint(), await mint(), await mint()].map(({ status }) => status)
 * console.log(statuses) // => [ 503, 500, 500, 401 ]
 * ```
 *
 * @since 0.1.0
 */
import type { Clock } from "./Emulator.ts"

/**
 * One fault, as plain data.
 *
 * @category models
 * @since 0.1.0
 */
export type Fault =
  /** Answers in the vendor's place, with this body or none. */
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** Waits so many milliseconds, then answers as usual. */
  | { readonly delay: number }
  /** Drops the connection without an answer. */
  | { readonly reset: true }
  /** Never answers. */
  | { readonly hang: true }
  /** Drops the connection after so many bytes of the usual body; on a socket, before the message that exceeds them. */
  | { readonly cut: number }
  /** Sends the usual body one byte in so many milliseconds. */
  | { readonly drip: number }
  /** Answers 200 with a body that says it is JSON and is none. */
  | { readonly garbage: true }
  /** Answers 200 with a web page, as a login proxy does. */
  | { readonly html: true }
  /** Answers 200 with a JSON body of so many bytes, 11 at least. */
  | { readonly fill: number }
  /** Answers 307 to this address. */
  | { readonly redirect: string }

/**
 * The script of one emulator.
 *
 * @category models
 * @since 0.1.0
 */
export interface Faults {
  /** Adds a fault to a route such as `"POST /v1/api_keys"` or to a socket's path, for so many requests. @default 1 */
  readonly add: (route: string, fault: Fault, times?: number) => void
  /** Forgets what has not been used. */
  readonly clear: () => void
  /** Takes the fault that the next request to this route is to suffer. */
  readonly next: (route: string) => Fault | undefined
}

/**
 * The connection is dropped without an answer; a mount turns it into what its transport calls a reset.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConnectionReset extends Error {
  override readonly name = "ConnectionReset"
  constructor() {
    super("the emulator was told to reset this connection")
  }
}

/**
 * Makes an empty script.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (): Faults => {
  const script = new Map<string, Array<{ readonly fault: Fault; left: number }>>()
  return {
    add: (route, fault, times = 1) => {
      script.set(route, [...(script.get(route) ?? []), { fault, left: times }])
    },
    clear: () => script.clear(),
    next: (route) => {
      const queue = script.get(route)
      const first = queue?.[0]
      if (queue === undefined || first === undefined) return undefined
      first.left -= 1
      if (first.left <= 0) queue.shift()
      return first.fault
    }
  }
}

/**
 * Answers a request under a fault, or as usual where there is none.
 *
 * @category combinators
 * @since 0.1.0
 */
export const apply = async (
  fault: Fault | undefined,
  clock: Clock,
  respond: () => Response | Promise<Response>
): Promise<Response> => {
  if (fault === undefined) return respond()
  if ("status" in fault) return scripted(fault)
  if ("delay" in fault) {
    await new Promise<void>((resolve) => clock.after(fault.delay, resolve))
    return respond()
  }
  if ("reset" in fault) throw new ConnectionReset()
  if ("hang" in fault) return new Promise(() => {})
  if ("cut" in fault) return streamed(await respond(), (body) => cutAfter(body, fault.cut))
  if ("drip" in fault) return streamed(await respond(), (body) => dripped(body, fault.drip, clock))
  if ("garbage" in fault) return new Response("\u0000{]not json", { headers: { "content-type": "application/json" } })
  if ("html" in fault)
    return new Response("<!doctype html><title>Sign in</title>", { headers: { "content-type": "text/html" } })
  if ("fill" in fault) return Response.json({ fill: "x".repeat(Math.max(0, fault.fill - 11)) })
  return new Response(null, { status: 307, headers: { location: fault.redirect } })
}

const scripted = (fault: Extract<Fault, { readonly status: number }>): Response => {
  const headers = new Headers(fault.headers)
  const text = fault.body === undefined || typeof fault.body === "string" ? fault.body : JSON.stringify(fault.body)
  if (text !== undefined && text !== fault.body && !headers.has("content-type")) {
    headers.set("content-type", "application/json")
  }
  return new Response(text ?? null, { status: fault.status, headers })
}

const streamed = async (
  response: Response,
  change: (body: Uint8Array<ArrayBuffer>) => ReadableStream<Uint8Array<ArrayBuffer>>
): Promise<Response> => {
  const body = new Uint8Array(await response.arrayBuffer())
  // Through entries: the copy that msw patches in forgets the type that `Response.json` gave.
  const headers = new Headers([...response.headers])
  headers.set("content-length", String(body.length))
  return new Response(change(body), { status: response.status, headers })
}

const cutAfter = (body: Uint8Array<ArrayBuffer>, bytes: number) => {
  let sent = false
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      if (sent) controller.error(new ConnectionReset())
      else controller.enqueue(body.slice(0, bytes))
      sent = true
    }
  })
}

const dripped = (body: Uint8Array<ArrayBuffer>, milliseconds: number, clock: Clock) => {
  let at = 0
  let stop: (() => void) | undefined
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      if (at >= body.length) return controller.close()
      return new Promise<void>((resolve) => {
        stop = clock.after(milliseconds, () => {
          controller.enqueue(body.slice(at, at + 1))
          at += 1
          resolve()
        })
      })
    },
    cancel: () => stop?.()
  })
}
