/** A token endpoint in a process of its own before an emulated Soniox, and clients that ask it over connections that they keep. */
import * as EmulatorNode from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import { fork } from "node:child_process"
import { once } from "node:events"
import { Agent, request } from "node:http"
import { join } from "node:path"
import type { Message, Settings } from "./endpoint-worker.ts"

export interface Endpoint extends AsyncDisposable {
  readonly emulator: Soniox.Soniox
  readonly origin: string
  /** What is in use after collecting garbage, in bytes: of the heap, and of the whole process. */
  readonly memory: () => Promise<{ readonly heap: number; readonly resident: number }>
  readonly metrics: () => Promise<string>
  /** Tells it to end, as an orchestrator does. */
  readonly terminate: () => void
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>
}

export const make = async (): Promise<Endpoint> => {
  const emulator = Soniox.make()
  const vendor = await EmulatorNode.serve(emulator)
  const settings: Settings = { origin: vendor.origin, apiKey: emulator.apiKey }
  const child = fork(join(import.meta.dirname, "endpoint-worker.ts"), [JSON.stringify(settings)], {
    execArgv: ["--expose-gc"]
  })
  const ended = once(child, "exit").then(([code]: Array<number | null>) => code ?? null)
  const told = async (): Promise<Message> => {
    const [message] = await Promise.race([once(child, "message"), ended.then(() => [])])
    if (message === undefined) throw new Error("the endpoint ended")
    return message
  }
  const first = await told()
  const origin = first._tag === "Listening" ? first.origin : ""
  return {
    emulator,
    origin,
    memory: async () => {
      child.send("memory")
      const message = await told()
      return message._tag === "Memory" ? message : { heap: Number.NaN, resident: Number.NaN }
    },
    metrics: async () => (await fetch(`${origin}/metrics`)).text(),
    terminate: () => void child.kill("SIGTERM"),
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL")
      await ended
      await vendor.close()
    }
  }
}

/** How one request ended: with an answer, or without one. */
export interface Outcome {
  readonly sentAt: number
  readonly milliseconds: number
  readonly status: number | undefined
  readonly type: string | undefined
  readonly retryAfter: string | undefined
  readonly text: string
  /** Why there is no answer, as Node names it. */
  readonly error: string | undefined
}

/** A client of its own user. */
export const client = (origin: string, user: string) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const body = '{"purpose":"stt.realtime"}'
  const headers = {
    authorization: `Bearer ${user}`,
    "content-type": "application/json",
    "content-length": body.length
  }
  const ask = (): Promise<Outcome> =>
    new Promise((resolve) => {
      const sentAt = performance.now()
      const done = (rest: Partial<Outcome>) => {
        const none = { status: undefined, type: undefined, retryAfter: undefined, text: "", error: undefined }
        resolve({ sentAt, milliseconds: performance.now() - sentAt, ...none, ...rest })
      }
      const failed = (error: NodeJS.ErrnoException) => done({ error: error.code ?? error.message })
      request(`${origin}/v1/credentials`, { method: "POST", agent, headers }, (response) => {
        let text = ""
        const { "content-type": type, "retry-after": retryAfter } = response.headers
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
        response.once("error", failed).once("end", () => done({ status: response.statusCode, type, retryAfter, text }))
      })
        .once("error", failed)
        .end(body)
    })
  return { ask, close: () => agent.destroy() }
}
