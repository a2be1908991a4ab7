/** Runs commands in this process, with their own streams and variables, or in a process of their own. */
import * as Node from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Speechmatics from "@tempcred/emulator/Speechmatics"
import * as Effect from "effect/Effect"
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { join } from "node:path"
import { Readable, Writable, type WritableOptions } from "node:stream"
import { inject, onTestFinished } from "vitest"
import * as Cli from "../../src/cli/Cli.ts"
import { exitCodeOf } from "../../src/cli/Failure.ts"
import { ProcessIO } from "../../src/cli/ProcessIO.ts"

export const source = join(import.meta.dirname, "../../src/cli/main.ts")

export interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams
  /** Waits until stdout or stderr matches, and returns the match. */
  readonly said: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly ended: Promise<Ended>
}

export interface Options {
  readonly env?: Readonly<Record<string, string>>
  /** The content of stdin. @default "" */
  readonly input?: string
}

type Stream = "stdin" | "stdout" | "stderr"

interface Pretended {
  readonly terminals?: ReadonlyArray<Stream>
  /** The width of the terminals. @default unknown */
  readonly columns?: number
}

/** Runs a command in this process, with only the given variables and terminals. */
export const run = async (
  args: ReadonlyArray<string>,
  { columns, env = {}, input = "", terminals = [] }: Options & Pretended = {}
): Promise<Ended> => {
  const output = { out: "", err: "" }
  const seen = (stream: Stream) => ({ isTTY: terminals.includes(stream), columns })
  const into = (name: keyof typeof output, stream: Stream) => {
    const write: WritableOptions["write"] = (chunk, _, done) => {
      output[name] += String(chunk)
      done()
    }
    return Object.assign(new Writable({ write }), seen(stream))
  }
  const stdin = Object.assign(Readable.from([input]), seen("stdin"))
  const processIO = { env, stdin, stdout: into("out", "stdout"), stderr: into("err", "stderr") }
  const exit = await Effect.runPromiseExit(Effect.provideService(Cli.run(args), ProcessIO, processIO))
  return { ...output, code: exitCodeOf(exit) }
}

const { PATH = "", SystemRoot } = process.env

const follow = (child: ChildProcessWithoutNullStreams, input: string | undefined): Running => {
  const output = { out: "", err: "" }
  child.stdout.on("data", (data) => (output.out += String(data)))
  child.stderr.on("data", (data) => (output.err += String(data)))
  child.stdin.on("error", () => {})
  // Stops the process after a failed test.
  onTestFinished(() => void child.kill("SIGKILL"))
  if (input !== undefined) child.stdin.end(input)
  const ended = once(child, "close").then(([code, signal]) => ({ ...output, code: code ?? signal }))
  const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(output.out) ?? pattern.exec(output.err)
      if (found !== null) return found
      const end = await Promise.race([ended, once(child.stdout, "data"), once(child.stderr, "data")])
      if ("code" in end) throw new Error(`it ended with ${end.code} before it said ${pattern}: ${end.out}${end.err}`)
    }
  }
  return { child, ended, said }
}

/** Starts the program, by default its bundle, with only PATH of this process's environment. */
export const start = (
  args: ReadonlyArray<string>,
  { env = {}, input = "", program = inject("bundle") }: Options & { readonly program?: string } = {}
): Running => {
  const base = SystemRoot === undefined ? { PATH } : { PATH, SystemRoot }
  return follow(spawn(process.execPath, [program, ...args], { env: { ...base, ...env } }), input)
}

/** Runs the program at a terminal, by the `script` of util-linux, which merges stdout and stderr. */
export const startAtTerminal = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}): Running => {
  const line = [process.execPath, inject("bundle"), ...args].map((word) => `'${word}'`).join(" ")
  const child = spawn("script", ["--quiet", "--return", "--flush", "--command", line, "/dev/null"], {
    env: { PATH, TERM: "xterm", SHELL: "/bin/sh", ...env }
  })
  return follow(child, undefined)
}

/** Runs two emulated vendors on ports, with the variables to use them. */
export const vendors = async (options: { readonly soniox?: Soniox.Options } = {}) => {
  const soniox = Soniox.make(options.soniox)
  const speechmatics = Speechmatics.make()
  const servers = [await Node.serve(soniox), await Node.serve(speechmatics)] as const
  const [{ origin: sonioxOrigin }, { origin }] = servers
  const env: Readonly<Record<string, string>> = {
    ...soniox.env(sonioxOrigin),
    ...speechmatics.env(origin),
    ...speechmatics.managementEnv(origin)
  }
  return {
    soniox,
    speechmatics,
    env,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map((server) => server.close()))
    }
  }
}

/** Listens on a free port, and returns it. */
export const listen = async (server: Server): Promise<number> => {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return (server.address() as AddressInfo).port
}

/** Returns a port that no server uses. */
export const deadPort = async (): Promise<number> => {
  const server = createServer()
  const port = await listen(server)
  server.close()
  return port
}

/** A Redis that answers OK to every command. `cut` disconnects clients and waits for them to return. */
export const redisServer = async () => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.on("data", (data) => {
      const commands = String(data).match(/^\*\d+\r$/gm) ?? []
      socket.write("+OK\r\n".repeat(commands.length))
    })
  })
  const port = await listen(server)
  const disconnect = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    server.close()
    disconnect()
  })
  const cut = async (): Promise<void> => {
    disconnect()
    await once(server, "connection")
  }
  return { url: `redis://127.0.0.1:${port}`, cut }
}
