/** Programs of examples and guides, each on its own runtime in its own process. */
import { build, type Plugin } from "esbuild"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { find } from "./programs.ts"
import { root } from "./workspace.ts"

type Env = Readonly<Record<string, string>>

/** A command to start, and its clean-up. */
interface Command {
  readonly args: ReadonlyArray<string>
  readonly cleanUp?: () => void
}

export interface Program {
  /** The folder of the file, from the root. @default "examples/server/src" */
  readonly folder?: string
  readonly file: string
  readonly runtime: string
  /** The path of the runtime, if the machine has it. */
  readonly path: string | undefined
  /** Takes the absolute path of the file. */
  readonly command: (file: string, env: Env) => Command | Promise<Command>
}

export interface Running {
  readonly origin: string
  /** Returns the whole output of the program and its runtime. */
  readonly printed: () => string
  /** Sends SIGTERM and returns the exit code; null if a signal ended the process. */
  readonly stop: () => Promise<number | null>
}

/** `.ci/run` installs them from npm. They are not dependencies of the workspace, as they take 350 MB. */
const installed = (pattern: string): ReadonlyArray<string> =>
  globSync(join(root, "node_modules/.runtimes/node_modules", pattern)).map((path) => dirname(path))

export const bun = find(["bun"], installed("@oven/bun-*/bin/bun"))
export const deno = find(["deno"], installed("@deno/*/deno"))
export const workerd = find(["workerd"], installed("@cloudflare/workerd-*/bin/workerd"))

/** In the published package, the import conditions of Workers choose a file without Redis. */
const withoutRedis: Plugin = {
  name: "without-redis",
  setup(bundler) {
    bundler.onResolve({ filter: /^@redis\/client$/ }, ({ path }) => ({ path, namespace: "absent" }))
    bundler.onLoad({ filter: /.*/, namespace: "absent" }, () => ({ contents: "module.exports = {}" }))
  }
}

/** Bundles a Worker as `wrangler deploy` does, for a compatibility date, and binds the variables as its secrets. */
export const worker =
  (compatibilityDate: string) =>
  async (file: string, env: Env): Promise<Command> => {
    const bundle = mkdtempSync(join(tmpdir(), "tempcred-worker-"))
    await build({
      entryPoints: [file],
      outfile: join(bundle, "worker.js"),
      bundle: true,
      format: "esm",
      target: "es2024",
      conditions: ["workerd", "worker", "browser"],
      external: ["cloudflare:*"],
      plugins: [withoutRedis],
      logLevel: "silent"
    })
    const bindings = Object.entries(env).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`)
    const settings = `
    using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "main", worker = (
          modules = [(name = "worker.js", esModule = embed "worker.js")],
          compatibilityDate = "${compatibilityDate}",
          bindings = [${bindings.join(", ")}]
        )),
        (name = "internet", network = (allow = ["public", "private", "local"]))
      ],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
    );`
    writeFileSync(join(bundle, "config.capnp"), settings)
    return {
      args: ["serve", join(bundle, "config.capnp"), "--control-fd=1"],
      cleanUp: () => rmSync(bundle, { recursive: true })
    }
  }

export const node = { runtime: "Node", path: process.execPath } as const
/** Runs a file that listens by itself. */
export const alone: Program["command"] = (file) => ({ args: [file] })
/** Serves the handler that a file exports. */
export const mounted: Program["command"] = (file) => ({ args: [join(import.meta.dirname, "route-worker.ts"), file] })
const permitted = ["--allow-net", "--allow-env", "--no-lock", "--node-modules-dir=manual"]
/** Runs a file with the permissions that the examples state. */
export const onDeno: Program["command"] = (file) => ({ args: ["run", ...permitted, file] })

export const programs: ReadonlyArray<Program> = [
  { ...node, file: "effect.ts", command: alone },
  { ...node, file: "node.ts", command: alone },
  { ...node, file: "express.ts", command: alone },
  { ...node, file: "next.ts", command: mounted },
  { ...node, file: "hono.ts", command: mounted },
  { runtime: "Bun", path: bun, file: "bun.ts", command: alone },
  { runtime: "Deno", path: deno, file: "deno.ts", command: onDeno },
  { runtime: "workerd", path: workerd, file: "worker.ts", command: worker("2026-11-01") },
  // Before 2024-11-11 the platform refuses unknown options of `fetch`.
  { runtime: "workerd of 2024", path: workerd, file: "worker.ts", command: worker("2024-03-01") }
]

const quiet = { NO_COLOR: "1", DO_NOT_TRACK: "1", DENO_NO_UPDATE_CHECK: "1" }

/** Starts a program with only these variables; it prints its free port. */
export const start = async (program: Program, env: Env): Promise<Running> => {
  const { command, file, folder = "examples/server/src", path = "" } = program
  const cwd = join(root, folder)
  const { args, cleanUp } = await command(join(cwd, file), env)
  const { HOME, PATH } = process.env
  const child = spawn(path, args, {
    cwd,
    env: { HOME, PATH, ...quiet, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
    killSignal: "SIGKILL"
  })
  let printed = ""
  const ended = once(child, "exit").finally(cleanUp)
  const listening = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        printed += text
        const [, port] = /(?:"?port"?: ?|https?:\/\/[^/\s]+:)(\d+)\b(?=\D)/.exec(printed) ?? []
        if (port !== undefined) resolve(port)
      })
    }
  })
  const failed = ended.then(() => Promise.reject(new Error(`${file} ended before it listened:\n${printed}`)))
  const stop = async (): Promise<number | null> => {
    child.kill("SIGTERM")
    await ended
    return child.exitCode
  }
  const port = await Promise.race([listening, failed])
  return { origin: `http://127.0.0.1:${port}`, printed: () => printed, stop }
}
