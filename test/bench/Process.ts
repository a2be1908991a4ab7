/** Runs a measurement in a process of its own, where nobody else's heap or compiled code is in the way. */
import { type ChildProcess, execFile, fork, type Serializable, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

/** Nothing here takes as long: what does hangs. */
const patience = 120_000

/** How long a program may take to end once it is told. */
const goodbye = 5000

const node = (program: URL, args: ReadonlyArray<string | number>, flags: ReadonlyArray<string> = []): Array<string> => [
  ...flags,
  "--expose-gc",
  fileURLToPath(program),
  ...args.map(String)
]

/** Runs a program to its end, and gives the JSON that it prints. */
export const run = async <A>(program: URL, args: ReadonlyArray<string | number> = []): Promise<A> => {
  const { stdout } = await promisify(execFile)(process.execPath, node(program, args), {
    timeout: patience,
    killSignal: "SIGKILL"
  })
  return JSON.parse(stdout)
}

/** A program that serves until it is ended. */
export interface Serving<A> extends AsyncDisposable {
  /** What it said when it was ready. */
  readonly ready: A
  readonly pid: number | undefined
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill()
  const killing = setTimeout(() => child.kill("SIGKILL"), goodbye)
  await ended
  clearTimeout(killing)
}

/** What a program is started with, beyond its arguments. */
export interface Started {
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Node's own. */
  readonly flags?: ReadonlyArray<string> | undefined
}

/** Starts a program that prints a line of JSON when it is ready, and serves until it gets SIGTERM. */
export const serve = async <A>(
  program: URL,
  args: ReadonlyArray<string | number> = [],
  { env = {}, flags = [] }: Started = {}
): Promise<Serving<A>> => {
  const stdio: ["ignore", "pipe", "inherit"] = ["ignore", "pipe", "inherit"]
  const child = spawn(process.execPath, node(program, args, flags), { stdio, env: { ...process.env, ...env } })
  const late = setTimeout(() => child.kill("SIGKILL"), patience)
  try {
    for await (const line of createInterface(child.stdout)) {
      child.stdout.resume()
      return { ready: JSON.parse(line), pid: child.pid, [Symbol.asyncDispose]: () => end(child) }
    }
    throw new Error(`${fileURLToPath(program)} ended before it was ready`)
  } catch (error) {
    await end(child)
    throw error
  } finally {
    clearTimeout(late)
  }
}

/** A program that does what it is told, until it is ended. */
export interface Consulted<Question, Answer> extends AsyncDisposable {
  /** One question at a time; rejects where the program ends instead, as it is made to after two minutes. */
  readonly ask: (question: Question) => Promise<Answer>
}

/** Starts a program that answers each message with one, and ends when nobody can send it any more. */
export const consult = <Question extends Serializable, Answer>(
  program: URL,
  args: ReadonlyArray<string | number> = [],
  { env = {}, flags = [] }: Started = {}
): Consulted<Question, Answer> => {
  // What a program prints is not the answer of this one.
  const stdio: Array<"ignore" | "inherit" | "ipc"> = ["ignore", "ignore", "inherit", "ipc"]
  const child = fork(program, args.map(String), {
    stdio,
    env: { ...process.env, ...env },
    execArgv: [...process.execArgv, ...flags]
  })
  const gone = new AbortController()
  child.once("exit", () =>
    gone.abort(new Error(`${fileURLToPath(program)} ${args.join(" ")} ended before it was told to`))
  )
  return {
    ask: async (question) => {
      const answered = once(child, "message", { signal: gone.signal })
      child.send(question)
      const late = setTimeout(() => child.kill("SIGKILL"), patience)
      try {
        const [answer] = await answered
        return answer
      } finally {
        clearTimeout(late)
      }
    },
    [Symbol.asyncDispose]: () => end(child)
  }
}
