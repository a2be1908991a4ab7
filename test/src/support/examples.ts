/** The code blocks of documents and doc comments, as files for the compiler and Node. */
import { transformSync } from "esbuild"
import { execFile } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import { read, root } from "./workspace.ts"

export interface Block {
  /** The path of the document or source, from the root. */
  readonly path: string
  /** The line of its opening fence. */
  readonly line: number
  readonly language: string
  /** The file name behind the language, such as `server.ts`. */
  readonly file: string | undefined
  readonly code: string
}

const fence = /^( *)```(\w*)(?: ([\w./-]+))?.*\n([\s\S]*?)^\1```$/gm

const blocksIn = (path: string, text: string): ReadonlyArray<Block> =>
  Array.from(text.matchAll(fence), ({ index, 1: indent = "", 2: language = "", 3: file, 4: code = "" }) => ({
    path,
    line: text.slice(0, index).split("\n").length,
    language,
    file,
    code: code.replaceAll(new RegExp(`^${indent}`, "gm"), "")
  }))

/** Returns the fenced blocks of a document, or of the doc comments of a source. */
export const blocks = (path: string): ReadonlyArray<Block> => {
  if (!path.endsWith(".ts")) return blocksIn(path, read(path))
  const comments = read(path).replaceAll(/^.*$/gm, (line) => /^ *\*(?: (.*))?$/.exec(line)?.[1] ?? "")
  return blocksIn(path, comments)
}

/** A folder for each process, so that two runs in one checkout do not meet. */
const folder = join(root, "test/.documents", String(process.pid))

/** Tells whether a block registers tests, and so runs inside vitest. */
export const isTest = ({ code }: Block): boolean =>
  /from "(@effect\/vitest|vitest|@tempcred\/testing\/Contract)"/.test(code)

const fileOf = ({ language, line, path }: Block): string => `${path.replaceAll("/", "_")}_${line}.${language}`

/** Returns the file that Node can run: it strips types, but knows no JSX. */
const runnable = (block: Block): string => fileOf(block).replace(/\.tsx$/, ".tsx.mjs")

/** Prints expressions with a result comment, so that their results can be compared like those of `console.log`. */
export const printing = (code: string): string =>
  code.replaceAll(/^(?!console\.log|(?:const|let|import|export) )([\w(].*?);? \/\/ => .*$/gm, "console.log($1)")

/** `…` in a result stands for any text. */
const fits = (result: string, line: string | undefined): boolean => {
  const parts = result.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
  return line !== undefined && new RegExp(`^${parts.join(".*")}$`).test(line)
}

/** Returns the lines that an example printed, and those that its `// =>` comments say; without comments, none. */
export const comparison = ({ code }: Block, stdout: string) => {
  const results = Array.from(code.matchAll(/\/\/ => (.*)$/gm), ([, result = ""]) => result)
  const printed = results.length === 0 ? [] : stdout.trimEnd().split("\n")
  const expected = results.map((result, index) => (fits(result, printed[index]) ? printed[index] : result))
  return { expected, printed }
}

/** Writes blocks of TypeScript into a folder where imports resolve as in tests; blocks keep their line numbers. */
export const extract = (examples: ReadonlyArray<Block>): void => {
  remove()
  mkdirSync(folder, { recursive: true })
  for (const example of examples) {
    const code = "\n".repeat(example.line) + printing(example.code)
    writeFileSync(join(folder, fileOf(example)), code)
    if (example.language === "tsx") {
      writeFileSync(join(folder, runnable(example)), transformSync(code, { loader: "tsx", jsx: "automatic" }).code)
    }
  }
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, jsx: "react-jsx" }
  const declarations = join(root, "examples/server/src/runtimes.d.ts")
  const files = [...examples.map(fileOf), declarations]
  const settings = { extends: "../../tsconfig.json", compilerOptions, files, include: [] }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings))
}

export const remove = (): void => rmSync(folder, { recursive: true, force: true })

/** The time limit in milliseconds for one example, and for a whole program: longer runs hang. */
const patience = 120_000

interface Output {
  readonly failed: boolean
  readonly stdout: string
  readonly stderr: string
}

const execute = (command: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv): Promise<Output> =>
  new Promise((resolve) =>
    execFile(command, args, { cwd: folder, env, timeout: patience }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, stdout, stderr })
    )
  )

/** Checks the types of all extracted blocks at once, and returns the errors of each. */
export const typeCheck = async (examples: ReadonlyArray<Block>): Promise<(block: Block) => ReadonlyArray<string>> => {
  const args = ["--noEmit", "--pretty", "false"]
  const { failed, stderr, stdout } = await execute(join(root, "node_modules/.bin/tsc"), args, process.env)
  const found = stdout.split(/\n(?! )/)
  const problems = (block: Block) => found.filter((line) => line.startsWith(`${fileOf(block)}(`))
  if (failed && examples.every((example) => problems(example).length === 0)) {
    throw new Error(`The examples could not be checked:\n${stdout}${stderr}`)
  }
  return (block) => problems(block).map((line) => line.replace(fileOf(block), block.path))
}

/** Tells whether an example changes the environment, and so needs a thread of its own. */
export const changesEnvironment = ({ code }: Block): boolean => /process\.env(\[.*?\]|\.\w+) =[^=]/.test(code)

interface Message {
  readonly file: string
  readonly stdout: string
  readonly error: string | undefined
}

const lane = join(import.meta.dirname, "examples-worker.ts")

/**
 * Runs examples one after the other in a thread. The thread must end by itself: an example with an open handle fails
 * them all.
 */
const runLane = async (
  files: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>
): Promise<ReadonlyArray<Message>> => {
  const messages: Array<Message> = []
  const worker = new Worker(lane, { workerData: { folder, files }, env: { PATH: process.env["PATH"], ...env } })
  const limit = setTimeout(() => void worker.terminate(), patience)
  worker.on("message", (message: Message) => {
    messages.push(message)
    limit.refresh()
  })
  const [code] = await once(worker, "exit")
  clearTimeout(limit)
  if (code !== 0)
    throw new Error(`One of these examples leaves something open or ends the process: ${files.join(", ")}`)
  return messages
}

/** Registers the tests of an extracted block with the vitest that runs this. */
export const register = async (block: Block): Promise<void> => {
  await import(join(folder, fileOf(block)))
}

/** Runs all extracted blocks but tests with only these variables, in two threads. */
export const runAll = async (
  examples: ReadonlyArray<Block>,
  env: Readonly<Record<string, string>>
): Promise<(block: Block) => Message> => {
  const plain = examples.filter((example) => !isTest(example))
  const alone = plain.filter(changesEnvironment).map(runnable)
  const together = plain.filter((example) => !changesEnvironment(example)).map(runnable)
  const half = Math.ceil(together.length / 2)
  const lanes = [together.slice(0, half), together.slice(half), ...alone.map((file) => [file])]
  const messages = await Promise.all(lanes.map((files) => runLane(files, env)))
  const byFile = new Map(messages.flat().map((message) => [message.file, message]))
  return (block) =>
    byFile.get(runnable(block)) ?? { file: fileOf(block), stdout: "", error: "The example was not run." }
}
