/** A Redis of the tests' own: in memory, on a free port of this machine, to be started, stopped and paused. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { connect, createServer } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

export interface RedisServer extends AsyncDisposable {
  readonly url: string
  readonly start: () => Promise<void>
  /** Keeps its connections open and answers nothing. */
  readonly pause: () => void
  readonly resume: () => void
  /** Ends it at once; it forgets everything. */
  readonly stop: () => Promise<void>
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  if (address === null || typeof address === "string") throw new Error("no port")
  return address.port
}

const answering = async (port: number, attempts = 100): Promise<void> => {
  const socket = connect(port, "127.0.0.1")
  try {
    await once(socket, "connect")
  } catch (cause) {
    if (attempts === 0) throw new Error(`nothing answers on port ${port}`, { cause })
    await sleep(20)
    return answering(port, attempts - 1)
  } finally {
    socket.destroy()
  }
}

/** Finds a port for a server that has yet to be started. */
export const make = async (program: string): Promise<RedisServer> => {
  const port = await freePort()
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
  let running: ChildProcess | undefined

  const start = async () => {
    running = spawn(program, [...args, "--loglevel", "warning"], { stdio: ["ignore", "ignore", "inherit"] })
    await answering(port)
  }
  const stop = async () => {
    const child = running
    running = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    await ended
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    pause: () => void running?.kill("SIGSTOP"),
    resume: () => void running?.kill("SIGCONT"),
    stop,
    [Symbol.asyncDispose]: stop
  }
}
