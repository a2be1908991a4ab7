/** Programs that the check of the packages runs. */
import { execFile } from "node:child_process"

/** The time limit of one program in milliseconds. */
const patience = 180_000

export const report = (line: string): void => void process.stdout.write(`${line}\n`)

/** How a program runs. */
export interface Manner {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
}

/** Runs a program and returns its output; a failure shows `advice` and the output. */
export const run = (
  advice: string,
  command: string,
  args: ReadonlyArray<string>,
  { cwd, env = process.env }: Manner
): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = { cwd, env, timeout: patience, maxBuffer: 1e8 }
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else {
        const output = stdout + stderr === "" ? error.message : stdout + stderr
        reject(new Error(`${advice}\n\n$ ${command} ${args.join(" ")}\n${output}`))
      }
    })
  })

/** Runs a task for each value, a few at a time. */
export const forEach = async <A>(
  values: ReadonlyArray<A>,
  atATime: number,
  task: (value: A) => Promise<void>
): Promise<void> => {
  const waiting = [...values]
  const worker = async (): Promise<void> => {
    for (let value = waiting.shift(); value !== undefined; value = waiting.shift()) await task(value)
  }
  await Promise.all(Array.from({ length: atATime }, worker))
}
