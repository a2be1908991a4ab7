/** A load of requests over keep-alive connections, each sent after the previous response. */
import { readFileSync } from "node:fs"
import { Pool } from "undici"

const connections = 64

export interface Target {
  readonly origin: string
  readonly path: string
  readonly status: number
  readonly body: string
  /** The bearer tokens of the connections, in turn. */
  readonly tokens: ReadonlyArray<string>
}

export interface Loaded {
  readonly perSecond: number
  /** The 99th percentile of request times in milliseconds. */
  readonly p99: number
}

export const open = ({ body, origin, path, status, tokens }: Target) => {
  const pool = new Pool(origin, { connections, pipelining: 1 })
  const ask = async (caller: number, durations: Array<number>): Promise<void> => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${tokens[caller % tokens.length]}` }
    const start = performance.now()
    const answer = await pool.request({ method: "POST", path, headers, body })
    const text = await answer.body.text()
    if (answer.statusCode !== status) throw new Error(`${origin}${path} answered ${answer.statusCode}: ${text}`)
    durations.push(performance.now() - start)
  }
  return {
    /** Runs the load for this number of milliseconds. */
    run: async (milliseconds: number): Promise<Loaded> => {
      const durations: Array<number> = []
      const start = performance.now()
      const caller = async (_: unknown, number: number) => {
        while (performance.now() - start < milliseconds) await ask(number, durations)
      }
      await Promise.all(Array.from({ length: connections }, caller))
      const seconds = (performance.now() - start) / 1000
      const sorted = durations.toSorted((one, other) => one - other)
      return {
        perSecond: durations.length / seconds,
        p99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
      }
    },
    close: () => pool.destroy()
  }
}

/** Returns the processor time of a process in milliseconds, on Linux, with a resolution of 10 ms. */
export const used = (pid: number | undefined): number => {
  try {
    // The second field is the name, which can contain spaces and ends with the last parenthesis.
    const [user, system] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")
      .slice(11, 13)
    return (Number(user) + Number(system)) * 10
  } catch {
    return Number.NaN
  }
}
