/** Every code block of documents and doc comments compiles, runs with the emulators, and prints its stated result. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Emulators from "@tempcred/emulator"
import { serve, type Server } from "@tempcred/emulator/Node"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { address } from "../scripts/release/Metadata.ts"
import {
  blocks,
  comparison,
  extract,
  isTest,
  register,
  remove,
  runAll,
  typeCheck,
  type Block
} from "./support/examples.ts"
import { isProgram } from "./support/guides.ts"
import { files, packages, read, root, scripts, sources } from "./support/workspace.ts"

const documents = files.filter((path) => /^(docs\/.*|packages\/[^/]+\/[^/]+|[^/]+)\.md$/.test(path))
const shown = [...documents, ...sources].flatMap(blocks)
const examples = shown.filter(({ language }) => /^tsx?$/.test(language))

extract(examples)

const place = ({ line, path }: Block): string => `${path}:${line}`

describe("every example", () => {
  const emulators = Object.values(Emulators).flatMap((module) => ("mintRoute" in module ? [module.make()] : []))
  let servers: ReadonlyArray<Server> = []
  let ran: Awaited<ReturnType<typeof runAll>>
  let problems: (example: Block) => ReadonlyArray<string>

  beforeAll(async () => {
    servers = await Promise.all(emulators.map((emulator) => serve(emulator)))
    const settings = servers.flatMap(({ origin }, index) => Object.entries(emulators[index]?.env(origin) ?? {}))
    const env = { ...Object.fromEntries(settings), TEMPCRED_PROVIDER: "soniox" }
    ;[problems, ran] = await Promise.all([
      typeCheck(examples),
      runAll(
        examples.filter((example) => !isProgram(example)),
        env
      )
    ])
  }, 300_000)

  afterAll(async () => {
    remove()
    await Promise.all(servers.map((server) => server.close()))
  })

  it.each(examples.map((example) => [place(example), example] as const))("compiles: %s", (_, example) => {
    assert.deepStrictEqual(problems(example), [], "The example does not compile.")
  })

  describe.each(examples.filter(isTest).map((example) => [place(example), example] as const))(
    "is a test that passes: %s",
    (_, example) => register(example)
  )

  // Programs that listen on a port are run by `guides.test.ts` and `guides.e2e.test.ts`.
  const finite = examples.filter((example) => !isTest(example) && !isProgram(example))
  it.each(finite.map((example) => [place(example), example] as const))("runs: %s", (_, example) => {
    const { error, stdout } = ran(example)
    if (error !== undefined) assert.fail(`The example fails as it runs:\n${error}\n${stdout}`)
    const { expected, printed } = comparison(example, stdout)
    assert.deepStrictEqual(printed, expected, "The example prints something else than its `// =>` comments say.")
  })

  it("can be read by every Node that the packages promise, of which the oldest has no `await using`", () => {
    const modern = examples.filter(({ code }) => code.includes("await using")).map(place)
    assert.deepStrictEqual(modern, [], "Close what the example opened with `await it.close()`.")
  })

  it.each(packages.flatMap(({ modules }) => modules))("is there for the module %s", (path) => {
    const own = examples.filter((example) => example.path === path)
    assert.isNotEmpty(own, "Add a ```ts block to a doc comment of this module: it is run as it is shown.")
  })
})

describe("every other block", () => {
  it("says its language: ts, tsx, python, sh, json, yaml or text", () => {
    const others = shown.filter(
      ({ language }) => !["ts", "tsx", "python", "sh", "json", "yaml", "text"].includes(language)
    )
    assert.deepStrictEqual(others.map(place), [], "Name the language behind the three backticks.")
  })

  it.each(shown.filter(({ language }) => language === "json").map((block) => [place(block), block] as const))(
    "is JSON: %s",
    (_, { code }) => assert.doesNotThrow(() => JSON.parse(code))
  )

  it.each(shown.filter(({ language }) => language === "sh").map((block) => [place(block), block] as const))(
    "is made of commands that exist: %s",
    (_, { code }) => {
      const lines = code.replaceAll("\\\n", " ").split("\n")
      const unknown = lines.filter((line) => line.trim() !== "" && !line.startsWith("#") && !isCommand(line))
      assert.deepStrictEqual(
        unknown,
        [],
        "Use a script of package.json, a package of this workspace, or a known program."
      )
    }
  )
})

it.each(documents)("every link of %s leads somewhere", (path) => {
  const links = Array.from(read(path).matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g), ([, link = ""]) => link)
  const broken = links.filter((link) => !existsSync(join(root, dirname(path), link)))
  assert.deepStrictEqual(broken, [], "Link to a file of the checkout, relative to the document.")
})

const repository = `${address()}/blob/main/`

it.each(documents)("every link of %s to the repository leads to a file", (path) => {
  const links = read(path)
    .split(repository)
    .slice(1)
    .map((rest) => rest.replace(/[)#\s][\s\S]*$/, ""))
  assert.deepStrictEqual(
    links.filter((link) => !existsSync(join(root, link))),
    []
  )
})

it.each(packages)("the README of $name stands alone on npm: absolute links, an install line and an example", (one) => {
  const path = `${one.folder}/README.md`
  const text = read(path)
  assert.notMatch(text, /\]\(\.{1,2}\//, `Begin links with ${repository}`)
  assert.match(text, new RegExp(`^npm install (--save-dev )?${one.name}( |$)`, "m"))
  assert.isTrue(
    examples.some((example) => example.path === path),
    "Add a ```ts block."
  )
})

it.each([
  ["docs/configuration.md", "Caching"],
  ["packages/core/README.md", "Caching"]
])("%s says under %s how much lifetime a cached credential has left, and how to get more", (path, heading) => {
  const section = read(path)
    .split(/^## /m)
    .find((part) => part.startsWith(heading))
  assert.match(section ?? "", /minRemaining: "\d+ seconds"/)
  assert.match(section ?? "", /10 seconds/)
})

const programs = new Set(["npm", "npx", "node", "bun", "deno", "python3", "git", "cd", "export", "curl"])

const isCommand = (line: string): boolean => {
  const words = line
    .replace(/^(\w+=\S* )+/, "")
    .replace(/^npx (-y )?pnpm@12 /, "pnpm ")
    .split(/\s+/)
  const [program = "", ...rest] = words.filter((word) => !word.startsWith("-") && word !== "run")
  const ours = rest.filter((word) => word.startsWith("@tempcred/"))
  if (!ours.every((name) => packages.some((one) => one.name === name))) return false
  if (program === "pnpm") return ["install", "add", ...scripts].includes(rest[0] ?? "")
  return program.includes("/") ? existsSync(join(root, program)) : programs.has(program)
}
