/** Requests as fast as a server answers them, over connections that are kept. */
import { readFileSync } from "node:fs"
import { Pool } from "undici"

const connections = 64

export interface Target {
  readonly origin: string
  readonly path: string
  readonly status: number
  readonly body: string
  /** What each connection says that it is, in its turn. */
  readonly tokens: ReadonlyArray<string>
}

export interface Loaded {
  readonly perSecond: number
  /** What one request in a hundred takes longer than, in milliseconds. */
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
    /** Lets every connection ask again as soon as it is answered, for so many milliseconds. */
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

/** How many milliseconds of a processor a process has used, where the system tells that of others: on Linux, in hundredths of a second. */
export const used = (pid: number | undefined): number => {
  try {
    // The name, which comes second, may hold spaces and ends with the last parenthesis.
    const [user, system] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")
      .slice(11, 13)
    return (Number(user) + Number(system)) * 10
  } catch {
    return Number.NaN
  }
}
