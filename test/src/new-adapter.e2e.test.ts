/** `pnpm new-adapter` scaffolds a vendor. Its tests fail only at its blanks, with their instructions. */
import { execFile } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join, resolve as resolvePath } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { refusalOf, scaffold, type Scaffolded, spell } from "../scripts/new-adapter/Scaffold.ts"
import { evidence, fills } from "./support/acme-fills.ts"
import { root } from "./support/workspace.ts"

const workspace = mkdtempSync(join(tmpdir(), "new-adapter-"))

const at = (path: string) => join(workspace, path)

const adapter = "packages/acmevoice/src/AcmeVoice.ts"
const emulator = "packages/emulator/src/AcmeVoice.ts"

const fixture = "packages/testing/fixtures/acmevoice/mint.200.json"

/** Names before, among and after the existing vendors. */
const names = ["acme-voice", "lark-voice", "x-ai"]

const made = names.map(spell)

const ids = made.map(({ id }) => id)

/** Runs a program of the workspace, and returns its output. */
const run = (folder: string, program: string, ...args: ReadonlyArray<string>) =>
  new Promise<{ readonly failed: boolean; readonly printed: string }>((resolve) => {
    const command = resolvePath(root, "node_modules/.bin", program)
    execFile(command, [...args], { cwd: at(folder), maxBuffer: 1 << 26 }, (error, out, err) =>
      resolve({ failed: error !== null, printed: out + err })
    )
  })

/** Runs tests of the copy, and returns the result of each. */
const results = async (path: string): Promise<ReadonlyArray<Result>> => {
  const { printed } = await run("", "vitest", "run", path)
  assert.isTrue(existsSync(at("results.json")), printed)
  return JSON.parse(read("results.json")).testResults
}

/** Links dependencies as `pnpm install` would: our packages from the copy, or else from the checkout. */
const link = (folder: string, like: string) => {
  const modules = join(root, like, "node_modules")
  const copied = [...ids, "emulator"]
  for (const entry of readdirSync(modules, { withFileTypes: true })) {
    const names = entry.name.startsWith("@") ? readdirSync(join(modules, entry.name)) : [""]
    for (const name of names) {
      const target = at(join(folder, "node_modules", entry.name, name))
      const ours = entry.name === "@tempcred" && copied.includes(name)
      if (entry.name.startsWith(".")) continue
      mkdirSync(dirname(target), { recursive: true })
      symlinkSync(ours ? at(`packages/${name}`) : join(modules, entry.name, name), target)
    }
  }
}

const withoutModules = (source: string) => !["node_modules", "dist"].includes(basename(source))

/** Fills in one blank. */
const filled = (text: string, [from, to]: readonly [from: RegExp, to: string]): string => {
  assert.match(text, from)
  return text.replace(from, () => to)
}

const read = (path: string) => readFileSync(at(path), "utf8")

const begun: Array<Scaffolded> = []

beforeAll(() => {
  for (const path of [
    "packages/emulator",
    "packages/soniox",
    "packages/tempcred",
    "packages/testing/package.json",
    "packages/testing/fixtures/soniox",
    "test/package.json",
    "test/src/fixtures.test.ts",
    "test/src/fixtures/soniox.ts",
    "test/src/support"
  ]) {
    cpSync(join(root, path), at(path), { recursive: true, filter: withoutModules })
  }
  for (const path of ["tsconfig.base.json", "tsup.config.ts", "package.json", ".gitignore", ".oxfmtrc.json"])
    cpSync(join(root, path), at(path))
  const config = { test: { testTimeout: 30_000, reporters: [["json", { outputFile: "results.json" }]] } }
  writeFileSync(at("vitest.config.ts"), `export default ${JSON.stringify(config)}`)
  symlinkSync(join(root, "node_modules"), at("node_modules"))
  begun.push(...names.map((name) => scaffold(workspace, name, new Date(0))))
  for (const id of ids) link(`packages/${id}`, "packages/soniox")
  link("packages/emulator", "packages/emulator")
  link("packages/tempcred", "packages/tempcred")
  link("test", "test")
  for (const user of ["test", "packages/tempcred"]) {
    for (const id of ids) symlinkSync(at(`packages/${id}`), at(`${user}/node_modules/@tempcred/${id}`))
  }
})

afterAll(() => rmSync(workspace, { recursive: true }))

describe("a name", () => {
  it.each([
    ["soniox", /^packages\/soniox exists already/],
    ["eleven-labs", /^packages\/elevenlabs exists already/],
    ["core", /^packages\/core exists already/],
    ["tracking", /^packages\/emulator\/src\/Tracking\.ts exists already/],
    ["Acme", /small letters/],
    ["acme--voice", /small letters/],
    ["../acme", /small letters/],
    ["1acme", /small letters/],
    ["acme_voice", /small letters/]
  ])("%s is refused", (name, reason) => assert.match(refusalOf(root, name) ?? "", reason))

  it("has its spellings", () => {
    assert.isUndefined(refusalOf(root, "acme-voice"))
    assert.deepStrictEqual(spell("acme-voice"), { id: "acmevoice", module: "AcmeVoice", camel: "acmeVoice" })
  })
})

describe("a scaffold", () => {
  it.each(made)("is registered everywhere: $module", ({ id, module }) => {
    const { exports, publishConfig } = JSON.parse(read("packages/emulator/package.json"))
    assert.strictEqual(exports[`./${module}`], `./src/${module}.ts`)
    assert.strictEqual(publishConfig.exports[`./${module}`], `./dist/${module}.js`)
    assert.include(read("packages/emulator/src/index.ts"), `\nexport * as ${module} from "./${module}.ts"\n`)
    for (const path of ["test/package.json", "packages/tempcred/package.json"]) {
      assert.property(JSON.parse(read(path)).devDependencies, `@tempcred/${id}`)
    }
    const vendor = new RegExp(`^ {2}\\{ adapter: ${module}\\.adapter, emulator: Emulated${module}\\.make \\},?$`, "m")
    assert.match(read("packages/tempcred/src/cli/Vendors.ts"), vendor)
  })

  it("is registered in its place, and served on the next port", () => {
    const { exports, publishConfig } = JSON.parse(read("packages/emulator/package.json"))
    for (const map of [exports, publishConfig.exports]) {
      assert.deepStrictEqual(Object.keys(map).slice(1, -1), Object.keys(map).slice(1, -1).toSorted())
    }
    for (const path of ["test/package.json", "packages/tempcred/package.json"]) {
      const packages = Object.keys(JSON.parse(read(path)).devDependencies)
      assert.deepStrictEqual(packages, packages.toSorted())
    }
    const vendors = read("packages/tempcred/src/cli/Vendors.ts")
    const inOrder = [/^import \* as (?!Emulated)(\w+)/gm, /^import \* as (Emulated\w+)/gm, /adapter: (\w+)/gm]
    for (const pattern of inOrder) {
      const found = Array.from(vendors.matchAll(pattern), ([, name = ""]) => name).filter((name) => name !== "Adapter")
      assert.deepStrictEqual(found, found.toSorted())
      for (const { module } of made) assert.include(found.join(), module)
    }
    const served = /^const emulators = \[([^\]]*)\]/m.exec(read("packages/emulator/src/main.ts"))?.[1] ?? ""
    const last = Array.from(served.matchAll(/(\w+)\.make\(\)/g), ([, name = ""]) => name).slice(-made.length)
    assert.deepStrictEqual(
      last,
      made.map(({ module }) => module)
    )
    assert.notMatch(begun.flatMap(({ added }) => added.map(read)).join("\n"), /__|soniox/i)
  })

  it("is formatted, and compiles", async () => {
    const config = { extends: "../tsconfig.base.json", include: ids.map((id) => `src/*/${id}.ts`) }
    writeFileSync(at("test/tsconfig.json"), JSON.stringify(config))
    for (const folder of [...ids.map((id) => `packages/${id}`), "packages/emulator", "packages/tempcred", "test"]) {
      assert.deepStrictEqual(await run(folder, "tsc", "--noEmit"), { failed: false, printed: "" })
    }
    const paths = begun.flatMap(({ added, changed }) => [...added, ...changed])
    const { failed, printed } = await run("", "oxfmt", "--check", ...new Set(paths))
    assert.isFalse(failed, printed)
  })

  it("writes all files or none: an error of the formatter names its file", () => {
    const path = "packages/tempcred/src/cli/Vendors.ts"
    const whole = read(path)
    const before = read("packages/emulator/package.json")
    try {
      writeFileSync(at(path), `${whole}\nconst unfinished = [`)
      assert.throws(
        () => scaffold(workspace, "late-voice"),
        /^nothing is written.*packages\/tempcred\/src\/cli\/Vendors\.ts/s
      )
      writeFileSync(at(path), "export {}\n")
      assert.throws(() => scaffold(workspace, "late-voice"), /^nothing is written.*import \* as LateVoice/)
    } finally {
      writeFileSync(at(path), whole)
    }
    assert.isFalse(existsSync(at("packages/latevoice")))
    assert.isFalse(existsSync(at("packages/emulator/src/LateVoice.ts")))
    assert.strictEqual(read("packages/emulator/package.json"), before)
  })

  it("names every blank, with its line", () => {
    const [{ blanks } = assert.fail("nothing has begun")] = begun
    assert.lengthOf(blanks, 13)
    for (const { place, what } of blanks) {
      const [path = "", line] = place.split(":")
      assert.include(
        read(path)
          .split("\n")
          .slice(Number(line) - 1)
          .join("\n")
          .slice(0, 300),
        what
      )
    }
  })

  it("is requested by the command line until it can be listed, and does not affect other vendors", async () => {
    const command = (...args: ReadonlyArray<string>) =>
      run("", process.execPath, "packages/tempcred/src/cli/main.ts", ...args)
    assert.match((await command("mint", "--emulator")).printed, /soniox/)
    const { failed, printed } = await command("providers")
    assert.isTrue(failed)
    assert.match(printed, /fill in packages\/acmevoice\/src\/AcmeVoice\.ts: capabilities: each purpose/)
  })

  it("tests the vendor's own rules like other vendors' tests, before anything is filled in", async () => {
    const { failed, printed } = await run("", "vitest", "run", "packages/acmevoice/test/AcmeVoice.test.ts")
    assert.isFalse(failed, printed)
  }, 60_000)

  it("fails the contract at unfilled blanks with their instructions, and passes when all are filled", async () => {
    const texts = { [adapter]: read(adapter), [emulator]: read(emulator) }
    const stages = [undefined, ...fills].map((fill, index) => {
      if (fill !== undefined) texts[fill.path] = filled(texts[fill.path] ?? "", fill.change)
      const folder = `packages/acmevoice/test/stage-${index}`
      mkdirSync(at(folder), { recursive: true })
      const modules = { "Adapter.ts": texts[adapter] ?? "", "Emulator.ts": texts[emulator] ?? "" }
      for (const [file, text] of Object.entries(modules)) {
        writeFileSync(at(join(folder, file)), text.replace('"./Emulator.ts"', '"@tempcred/emulator/Emulator"'))
      }
      const contract = read("packages/acmevoice/test/contract.test.ts")
        .replace("@tempcred/emulator/AcmeVoice", "./Emulator.ts")
        .replace("@tempcred/acmevoice/AcmeVoice", "./Adapter.ts")
      writeFileSync(at(join(folder, "contract.test.ts")), contract)
      return folder
    })
    const testResults = await results("packages/acmevoice/test/stage-")
    for (const [index, folder] of stages.entries()) {
      const assertions = testResults.find(({ name }) => name.includes(`${folder}/`))?.assertionResults ?? []
      const failures = assertions.filter(({ status }) => status === "failed")
      const left = fills.slice(index).map(({ blank }) => blank)
      const messages = failures.map(({ failureMessages }) => failureMessages.join("\n"))
      for (const message of messages) {
        assert.match(message, new RegExp(`fill in packages/\\w+/src/AcmeVoice\\.ts: (${left.join("|")}): `), folder)
      }
      const [next] = left
      if (next === undefined) assert.isEmpty(messages)
      else assert.include(messages.join("\n"), `AcmeVoice.ts: ${next}: `, folder)
    }
  }, 120_000)

  it("requires the fixtures of the vendor's pages, and compares adapter and emulator with them", async () => {
    const compared = async () =>
      (await results("test/src/fixtures.test.ts")).flatMap(({ assertionResults }) => assertionResults)
    const failed = (await compared()).filter(({ status }) => status === "failed")
    const blanks = ["test/src/fixtures/acmevoice.ts: call", "test/src/fixtures/acmevoice.ts: answer", fixture]
    for (const blank of blanks) {
      const found = failed.filter(({ failureMessages }) => failureMessages.join().includes(`fill in ${blank}: `))
      assert.lengthOf(found, 1, blank)
    }
    assert.lengthOf(failed, blanks.length * names.length)
    for (const { change, path } of fills) writeFileSync(at(path), filled(read(path), change))
    writeFileSync(at(fixture), JSON.stringify(evidence.fixture))
    writeFileSync(at("test/src/fixtures/acmevoice.ts"), evidence.rows)
    const ours = (await compared()).filter(({ title }) => title.includes("acmevoice"))
    assert.lengthOf(ours, blanks.length)
    assert.deepStrictEqual(
      ours.filter(({ status }) => status !== "passed"),
      []
    )
    rmSync(at("packages/testing/fixtures/acmevoice"), { recursive: true })
    const demanded = (await compared()).find(({ title }) => title === "each vendor has some")
    assert.match(demanded?.failureMessages.join() ?? "", /Put what the vendor's pages show into/)
  }, 60_000)
})

interface Result {
  readonly name: string
  readonly assertionResults: ReadonlyArray<{
    readonly status: string
    readonly title: string
    readonly failureMessages: ReadonlyArray<string>
  }>
}
