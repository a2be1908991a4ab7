/** Runs a measurement in its own process, without another one's heap or compiled code. */
import { type ChildProcess, execFile, fork, type Serializable, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

/** The time limit of a program; longer runs hang. */
const patience = 120_000

/** The time limit for the end of a program after its signal. */
const goodbye = 5000

const node = (program: URL, args: ReadonlyArray<string | number>, flags: ReadonlyArray<string> = []): Array<string> => [
  ...flags,
  "--expose-gc",
  fileURLToPath(program),
  ...args.map(String)
]

/** Runs a program to its end, and returns the JSON that it prints. */
export const run = async <A>(program: URL, args: ReadonlyArray<string | number> = []): Promise<A> => {
  const { stdout } = await promisify(execFile)(process.execPath, node(program, args), {
    timeout: patience,
    killSignal: "SIGKILL"
  })
  return JSON.parse(stdout)
}

/** A program that serves until it is stopped. */
export interface Serving<A> extends AsyncDisposable {
  /** Its message when it was ready. */
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

/** Options of a started program, besides its arguments. */
export interface Started {
  readonly env?: Readonly<Record<string, string>> | undefined
  /** The flags of Node. */
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

/** A program that answers questions until it is stopped. */
export interface Consulted<Question, Answer> extends AsyncDisposable {
  /** Asks one question at a time; rejects if the program ends instead, which it must after two minutes. */
  readonly ask: (question: Question) => Promise<Answer>
}

/** Starts a program that answers each message, and ends when its channel closes. */
export const consult = <Question extends Serializable, Answer>(
  program: URL,
  args: ReadonlyArray<string | number> = [],
  { env = {}, flags = [] }: Started = {}
): Consulted<Question, Answer> => {
  // The output of the program is ignored.
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
