/** Several machines that share credentials, each a Node process of its own, before one emulated Soniox on a port. */
import type { MintRequest } from "@tempcred/core/MintRequest"
import * as Node from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import { type ChildProcess, fork } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { join } from "node:path"
import type { Act, Ask, Message, Settings } from "./fleet-worker.ts"

export interface Answer {
  readonly tokens: ReadonlyArray<string>
  readonly error: string | undefined
  readonly milliseconds: number
}

export interface Worker {
  readonly events: ReadonlyArray<string>
  /** Gets so many credentials at once, by default one, with a cache above the sharing or without. */
  readonly mint: (
    request: MintRequest,
    options?: { readonly times?: number; readonly cached?: boolean; readonly refused?: string }
  ) => Promise<Answer>
  readonly invalidate: () => Promise<Answer>
  /** Stops all of it, as a machine that sleeps. */
  readonly pause: () => void
  readonly resume: () => void
  /** Ends it with SIGKILL, whatever it is doing. */
  readonly kill: () => Promise<void>
}

export interface Fleet extends AsyncDisposable {
  readonly emulator: ReturnType<typeof Soniox.make>
  /** How many credentials the vendor minted, or was asked for. */
  readonly mints: () => number
  readonly key: string
  readonly worker: (changes?: Partial<Settings>) => Promise<Worker>
  readonly workers: (count: number, changes?: Partial<Settings>) => Promise<ReadonlyArray<Worker>>
}

const connect = async (child: ChildProcess): Promise<Worker> => {
  const events: Array<string> = []
  const waiting = new Map<number, (answer: Answer) => void>()
  const ended = once(child, "exit").then(() => {
    for (const answer of waiting.values()) answer({ tokens: [], error: "the worker ended", milliseconds: 0 })
  })
  await new Promise<void>((resolve, reject) => {
    void ended.then(() => reject(new Error("a worker ended before it was ready")))
    child.on("message", (message: Message) => {
      if (message._tag === "Ready") resolve()
      else if (message._tag === "Event") events.push(message.event)
      else waiting.get(message.id)?.(message)
    })
  })
  let id = 0
  const ask = (act: Act): Promise<Answer> =>
    new Promise((resolve) => {
      id += 1
      waiting.set(id, resolve)
      child.send({ ...act, id } satisfies Ask)
    })
  const kill = async () => {
    child.kill("SIGKILL")
    await ended
  }
  return {
    events,
    mint: (request, { cached = true, times = 1, ...options } = {}) =>
      ask({ act: "mint", times, request, cached, ...options }),
    invalidate: () => ask({ act: "invalidate" }),
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    kill
  }
}

/** Starts the vendor; its API key is new each time, so that fleets do not meet in one Redis. */
export const make = async (redisUrl: string): Promise<Fleet> => {
  const emulator = Soniox.make({ apiKey: `soniox-${randomBytes(8).toString("hex")}` })
  const server = await Node.serve(emulator)
  const all: Array<Worker> = []
  const key = randomBytes(32).toString("base64")
  const worker = async (changes?: Partial<Settings>): Promise<Worker> => {
    const { apiKey } = emulator
    const { origin } = server
    const settings: Settings = { redisUrl, key, origin, apiKey, limit: 250, lease: 1000, ...changes }
    const child = fork(join(import.meta.dirname, "fleet-worker.ts"), [JSON.stringify(settings)])
    const connected = await connect(child)
    all.push(connected)
    return connected
  }
  return {
    emulator,
    mints: () => emulator.log.filter(({ route }) => route === Soniox.mintRoute).length,
    key,
    worker,
    workers: (count, changes) => Promise.all(Array.from({ length: count }, () => worker(changes))),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map((one) => one.kill()))
      await server.close()
    }
  }
}

/** Waits until something holds, for at most this long. */
export const until = async (holds: () => boolean | Promise<boolean>, milliseconds = 15_000): Promise<void> => {
  const end = performance.now() + milliseconds
  while (!(await holds())) {
    if (performance.now() > end) throw new Error("it did not come to pass in time")
    await sleep(10)
  }
}
