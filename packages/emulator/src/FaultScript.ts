/** The queue of scripted faults, and the response under each of them. */
import type { Clock } from "./Clock.ts"
import { ConnectionReset, type Fault, type Faults } from "./Faults.ts"

/** The faults of one emulator, and the function that takes the next one. */
export interface FaultScript {
  readonly faults: Faults
  /** Takes the fault of the next request to this route. */
  readonly next: (route: string) => Fault | undefined
}

/** Makes an empty script. */
export const make = (): FaultScript => {
  const script = new Map<string, Array<{ readonly fault: Fault; left: number }>>()
  return {
    faults: {
      add: (route, fault, times = 1) => {
        script.set(route, [...(script.get(route) ?? []), { fault, left: times }])
      },
      clear: () => script.clear()
    },
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

/** Responds under a fault, or as usual without one. */
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
  // Copies the entries, as the copy constructor of msw's `Headers` loses the content type of `Response.json`.
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
