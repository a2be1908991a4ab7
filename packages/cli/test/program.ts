/** Runs the program as a process of its own, with nothing of this process's environment but where programs are. */
import * as Node from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Speechmatics from "@tempcred/emulator/Speechmatics"
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { inject, onTestFinished } from "vitest"

export const source = join(import.meta.dirname, "../src/main.ts")

export interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams
  /** Waits until stdout or stderr holds this, and gives what was found. */
  readonly said: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly ended: Promise<Ended>
}

export interface Options {
  readonly env?: Readonly<Record<string, string>>
  readonly program?: string
  /** What is typed; stdin ends after it. @default nothing */
  readonly input?: string
}

const { PATH = "", SystemRoot } = process.env

const follow = (child: ChildProcessWithoutNullStreams, input: string | undefined): Running => {
  const output = { out: "", err: "" }
  child.stdout.on("data", (data) => (output.out += String(data)))
  child.stderr.on("data", (data) => (output.err += String(data)))
  child.stdin.on("error", () => {})
  // A test that fails leaves nothing running.
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

export const start = (args: ReadonlyArray<string>, options: Options = {}): Running => {
  const { env = {}, input = "", program = inject("bundle") } = options
  const base = SystemRoot === undefined ? { PATH } : { PATH, SystemRoot }
  return follow(spawn(process.execPath, [program, ...args], { env: { ...base, ...env } }), input)
}

export const run = (args: ReadonlyArray<string>, options?: Options): Promise<Ended> => start(args, options).ended

/** Runs it at a terminal, which shows stdout and stderr alike, by the `script` of util-linux. */
export const startAtTerminal = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}): Running => {
  const line = [process.execPath, inject("bundle"), ...args].map((word) => `'${word}'`).join(" ")
  const child = spawn("script", ["--quiet", "--return", "--flush", "--command", line, "/dev/null"], {
    env: { PATH, TERM: "xterm", SHELL: "/bin/sh", ...env }
  })
  return follow(child, undefined)
}

/** Both vendors on ports, with the variables that lead there. */
export const vendors = async (options: { readonly soniox?: Soniox.Options } = {}) => {
  const soniox = Soniox.make(options.soniox)
  const speechmatics = Speechmatics.make()
  const servers = [await Node.serve(soniox), await Node.serve(speechmatics)] as const
  const [{ origin: sonioxOrigin }, { origin }] = servers
  const env: Readonly<Record<string, string>> = {
    ...soniox.env(sonioxOrigin),
    ...speechmatics.env(origin),
    SPEECHMATICS_MANAGEMENT_TOKEN: speechmatics.managementToken,
    SPEECHMATICS_MANAGEMENT_URL: origin
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
