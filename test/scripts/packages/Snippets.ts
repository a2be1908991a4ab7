/** The README's own code, run in a project outside of the workspace. */
import * as Emulators from "@tempcred/emulator"
import { serve } from "@tempcred/emulator/Node"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { join } from "node:path"
import { type Block, blocks, changesEnvironment, comparison, isTest, printing } from "../../src/support/examples.ts"
import { packages, root } from "../../src/support/workspace.ts"
import { run } from "./Run.ts"

const examplesOf = (path: string): ReadonlyArray<Block> =>
  blocks(path).filter((block) => block.language === "ts" && !isTest(block))

/** The examples of the front page. */
export const frontPage: ReadonlyArray<Block> = examplesOf("README.md")

/** The examples of all pages that npm shows. */
export const allPages: ReadonlyArray<Block> = packages.flatMap(({ folder }) => examplesOf(`${folder}/README.md`))

const versionOf = (name: string): string | undefined => {
  const path = join(root, "test/node_modules", name, "package.json")
  if (!existsSync(path)) return undefined
  const { version }: { readonly version: string } = JSON.parse(readFileSync(path, "utf8"))
  return version
}

/** The packages of others that examples import, with their types, in the versions of the tests. */
export const others = (examples: ReadonlyArray<Block>): Readonly<Record<string, string>> => {
  const specifiers = examples.flatMap(({ code }) =>
    Array.from(code.matchAll(/ from "([^".]+)"/g), ([, name = ""]) => name)
  )
  const names = specifiers
    .filter((name) => !name.startsWith("node:"))
    .map((name) => name.split("/", name.startsWith("@") ? 2 : 1).join("/"))
    .filter((name) => !packages.some((one) => one.name === name))
  const versions = [...new Set(names)].flatMap((name) => {
    const version = versionOf(name)
    if (version === undefined) throw new Error(`An example imports ${name}: add it to test/package.json.`)
    const types = versionOf(`@types/${name}`)
    return [[name, version] as const, ...(types === undefined ? [] : [[`@types/${name}`, types] as const])]
  })
  return Object.fromEntries(versions)
}

const nameOf = ({ line, path }: Block): string => `${path.replaceAll("/", "_")}_${line}`

/** Writes examples as TypeScript and as JavaScript, and returns the paths of the TypeScript. */
export const writeSnippets = (folder: string, examples: ReadonlyArray<Block>): ReadonlyArray<string> => {
  mkdirSync(join(folder, "snippets"), { recursive: true })
  writeFileSync(join(folder, "snippets/run.mjs"), runner)
  return examples.map((example) => {
    const code = printing(example.code)
    const path = join("snippets", nameOf(example))
    writeFileSync(join(folder, `${path}.ts`), code)
    writeFileSync(join(folder, `${path}.mjs`), stripTypeScriptTypes(code))
    return `${path}.ts`
  })
}

/** Runs the files of its arguments one after the other, and prints what each of them printed. */
const runner = `
import { format } from "node:util"
const results = {}
for (const name of process.argv.slice(2)) {
  const lines = []
  console.log = (...values) => void lines.push(format(...values))
  const result = { stdout: "" }
  try { await import("./" + name + ".mjs") } catch (error) { result.error = String(error?.stack ?? error) }
  results[name] = { ...result, stdout: lines.join("\\n") }
}
process.stdout.write(JSON.stringify(results))
`

type Results = Readonly<Record<string, { readonly stdout: string; readonly error?: string }>>

/** Runs written examples with emulated vendors, in `runtime`; they must print what they say. */
export const runSnippets = async (
  folder: string,
  examples: ReadonlyArray<Block>,
  runtime: string,
  env: Readonly<Record<string, string>>
): Promise<void> => {
  const alone = examples.filter(changesEnvironment).map((example) => [example])
  const groups = [examples.filter((example) => !changesEnvironment(example)), ...alone]
  for (const group of groups.filter((one) => one.length > 0)) {
    const args = [join(folder, "snippets/run.mjs"), ...group.map(nameOf)]
    const printed = await run(`The README's code does not run in ${folder}.`, runtime, args, { cwd: folder, env })
    const results: Results = JSON.parse(printed)
    for (const example of group) {
      const { error, stdout } = results[nameOf(example)] ?? { error: "It was not run.", stdout: "" }
      const { expected, printed: lines } = comparison(example, stdout)
      if (error === undefined && lines.join("\n") === expected.join("\n")) continue
      const problem = error ?? `It prints:\n${lines.join("\n")}\nIts comments say:\n${expected.join("\n")}`
      throw new Error(`${example.path}:${example.line}, installed from the tarballs, on ${runtime}:\n${problem}`)
    }
  }
}

/** Serves all emulated vendors to `use`, with the variables that point at them. */
export const withEmulators = async (use: (env: Readonly<Record<string, string>>) => Promise<void>): Promise<void> => {
  const emulators = Object.values(Emulators).flatMap((module) => ("mintRoute" in module ? [module.make()] : []))
  const servers = await Promise.all(emulators.map((emulator) => serve(emulator)))
  try {
    const settings = servers.flatMap(({ origin }, index) => Object.entries(emulators[index]?.env(origin) ?? {}))
    await use({ ...Object.fromEntries(settings), PATH: process.env["PATH"] ?? "", TEMPCRED_PROVIDER: "soniox" })
  } finally {
    await Promise.all(servers.map((server) => server.close()))
  }
}
