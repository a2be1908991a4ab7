/**
 * The common part of all emulated vendors: `handle` for HTTP, `connect` for WebSockets, scripted faults, a request log,
 * and a clock that tests can replace. A vendor module states its routes as a `Definition`. A mount makes the emulator
 * reachable: by a port, msw, or an HTTP client.
 *
 * ```ts
 * import * as Emulator from "@tempcred/emulator/Emulator"
 *
 * const emulator = Emulator.make({
 *   vendor: "acme",
 *   apiKey: "long-lived",
 *   region: "us",
 *   hosts: { "api.acme.test": "us" },
 *   env: (origin) => ({ ACME_URL: origin }),
 *   routes: { "GET /keys/:id": ({ params, region }) => Response.json({ id: params["id"], region }) },
 *   sockets: {},
 *   unknown: (_call, allowed) => new Response(null, { status: allowed.length > 0 ? 405 : 404 }),
 *   minting: [],
 *   tooMany: () => new Response(null, { status: 429 })
 * })
 * const answer = await emulator.handle(new Request("https://api.acme.test/keys/7"))
 * console.log(await answer.text()) // => {"id":"7","region":"us"}
 * console.log(emulator.log[0]?.route) // => GET /keys/:id
 * ```
 *
 * @since 0.1.0
 */

import { type Clock, systemClock } from "./Clock.ts"
import type { Faults } from "./Faults.ts"
import * as FaultScript from "./FaultScript.ts"
import { find, type Found } from "./Routes.ts"
import type { Peer, Session } from "./Session.ts"
import { tracked } from "./Tracking.ts"

export { type Clock, systemClock } from "./Clock.ts"
export type { Peer, Session } from "./Session.ts"

/**
 * One request as a route receives it, with its whole body.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  readonly request: Request
  readonly url: URL
  readonly params: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly text: string
  /** The vendor's region: that of the mount, else that of the host name, else the emulator's own. */
  readonly region: string
}

/**
 * One request or WebSocket upgrade that reached the emulator, kept in order of arrival. It is for tests, and holds
 * secrets as they were sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface LogEntry {
  readonly at: number
  readonly route: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly region: string
  /** The status of the response; 101 for an accepted upgrade, 0 before a response and after a reset. */
  status: number
}

/**
 * An emulated vendor. A mount makes it reachable.
 *
 * @category models
 * @since 0.1.0
 */
export interface Emulator {
  readonly vendor: string
  /** The long-lived key that is valid in its own region. */
  readonly apiKey: string
  /** The vendor's real host names, for mounts by name, and their regions. */
  readonly hosts: Readonly<Record<string, string>>
  /** The environment variables that point the library at an origin such as `http://127.0.0.1:4801`. */
  readonly env: (origin: string) => Readonly<Record<string, string>>
  /** Answers one HTTP request; rejects with `ConnectionReset` where a fault resets the connection. */
  readonly handle: (request: Request, region?: string) => Promise<Response>
  /** Answers one WebSocket upgrade: with a refusal, or with the session to run. */
  readonly connect: (request: Request, region?: string) => Promise<Response | Session>
  readonly faults: Faults
  readonly log: ReadonlyArray<LogEntry>
  /** Cuts every open connection and ends its timers. */
  readonly close: () => void
}

/**
 * The parts that differ from vendor to vendor. Route keys are `"<METHOD> <path>"` with `:name` segments; socket keys
 * are paths.
 *
 * @category models
 * @since 0.1.0
 */
export interface Definition {
  readonly vendor: string
  readonly apiKey: string
  readonly region: string
  readonly hosts: Readonly<Record<string, string>>
  readonly env: (origin: string) => Readonly<Record<string, string>>
  readonly routes: Readonly<Record<string, (call: Call) => Response | Promise<Response>>>
  readonly sockets: Readonly<Record<string, (call: Call) => Response | Session>>
  /**
   * Answers a request without a route. `allowed` lists the methods of the path, and is empty if the path is unknown.
   */
  readonly unknown: (call: Call, allowed: ReadonlyArray<string>) => Response
  /** The routes that `mintsPerMinute` counts. */
  readonly minting: ReadonlyArray<string>
  /** Makes the vendor's response to a mint beyond `mintsPerMinute`. */
  readonly tooMany: (call: Call) => Response
}

/**
 * Options of every emulated vendor.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The long-lived key to accept. @default a fixed key of the vendor's shape */
  readonly apiKey?: string
  /** The region of requests whose host name and mount state none. @default the vendor's own default */
  readonly region?: string
  /** @default the system's clock and timers */
  readonly clock?: Clock
  /** Milliseconds that the `Date` header runs ahead of the clock. @default 0 */
  readonly dateOffset?: number
  /** Mints allowed in any minute; more are answered with the vendor's 429. @default no limit */
  readonly mintsPerMinute?: number
  /** The form of `Retry-After` in a 429 by `mintsPerMinute`. @default "none", as no vendor documents the header */
  readonly retryAfter?: "seconds" | "date" | "none"
  /** The transcript of all audio, repeated for longer audio. @default `Speech.words` */
  readonly words?: ReadonlyArray<string>
}

/**
 * Makes an emulator from a vendor's definition.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (definition: Definition, options: Options = {}): Emulator => {
  const clock = options.clock ?? systemClock
  const log: Array<LogEntry> = []
  const script = FaultScript.make()
  const limit = mintLimit(options, clock)
  const open = new Set<Peer>()

  const arrive = async (request: Request, found: Found<unknown>, mounted: string | undefined) => {
    const url = new URL(request.url)
    const region = mounted ?? definition.hosts[url.hostname] ?? options.region ?? definition.region
    const body = new Uint8Array(await request.arrayBuffer())
    const call = { request, url, params: found.params, body, text: new TextDecoder().decode(body), region }
    const entry = entryOf(call, found.key, clock.now())
    log.push(entry)
    return { call, entry }
  }
  const dated = (response: Response): Response => {
    // Copies the entries, as the copy constructor of msw's `Headers` loses the content type of `Response.json`.
    const headers = new Headers([...response.headers])
    headers.set("date", new Date(clock.now() + (options.dateOffset ?? 0)).toUTCString())
    return new Response(response.body, { status: response.status, headers })
  }

  return {
    vendor: definition.vendor,
    apiKey: definition.apiKey,
    hosts: definition.hosts,
    env: definition.env,
    faults: script.faults,
    log,
    handle: async (request, mounted) => {
      const found = find(definition.routes, request.method, new URL(request.url).pathname)
      const { call, entry } = await arrive(request, found, mounted)
      const respond = () => {
        const refusal = definition.minting.includes(found.key) ? limit(() => definition.tooMany(call)) : undefined
        return refusal ?? found.value?.(call) ?? definition.unknown(call, found.allowed)
      }
      const response = dated(await FaultScript.apply(script.next(found.key), clock, respond))
      entry.status = response.status
      return response
    },
    connect: async (request, mounted) => {
      const found = find(definition.sockets, "GET", new URL(request.url).pathname)
      const { call, entry } = await arrive(request, found, mounted)
      const fault = script.next(found.key)
      let session: Session | undefined
      const refusal = await FaultScript.apply(fault, clock, () => {
        const accepted = found.value?.(call) ?? definition.unknown(call, [])
        if (accepted instanceof Response) return accepted
        session = accepted
        return new Response(null)
      })
      entry.status = session === undefined ? refusal.status : 101
      if (session === undefined) return dated(refusal)
      return tracked(session, open, fault !== undefined && "cut" in fault ? fault.cut : Infinity)
    },
    close: () => {
      for (const peer of open) peer.destroy()
      open.clear()
    }
  }
}

const entryOf = (call: Call, route: string, at: number): LogEntry => ({
  at,
  route,
  method: call.request.method,
  url: call.request.url,
  headers: Object.fromEntries(call.request.headers),
  body: call.text,
  region: call.region,
  status: 0
})

const mintLimit = (options: Options, clock: Clock) => {
  const minted: Array<number> = []
  return (refuse: () => Response): Response | undefined => {
    if (options.mintsPerMinute === undefined) return undefined
    const now = clock.now()
    while (minted[0] !== undefined && minted[0] <= now - 60_000) minted.shift()
    if (minted.length < options.mintsPerMinute) {
      minted.push(now)
      return undefined
    }
    const refusal = refuse()
    const until = (minted[0] ?? now) + 60_000
    if (options.retryAfter === "seconds") {
      refusal.headers.set("retry-after", String(Math.ceil((until - now) / 1000)))
    } else if (options.retryAfter === "date") {
      refusal.headers.set("retry-after", new Date(until + (options.dateOffset ?? 0)).toUTCString())
    }
    return refusal
  }
}
