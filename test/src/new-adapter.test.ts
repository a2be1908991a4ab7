/** `pnpm new-adapter` begins a vendor whose tests fail on what is to be filled in, in those words, and on nothing else. */
import { execFile } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { refusalOf, scaffold, type Scaffolded, spell } from "../scripts/new-adapter/Scaffold.ts"
import { fills } from "./support/acme-fills.ts"
import { root } from "./support/workspace.ts"

const workspace = mkdtempSync(join(tmpdir(), "new-adapter-"))

const at = (path: string) => join(workspace, path)

const adapter = "packages/acmevoice/src/AcmeVoice.ts"
const emulator = "packages/emulator/src/AcmeVoice.ts"

/** Runs a program of the workspace, and gives all that it prints. */
const run = (folder: string, program: string, ...args: ReadonlyArray<string>) =>
  new Promise<{ readonly failed: boolean; readonly printed: string }>((resolve) => {
    const command = join(root, "node_modules/.bin", program)
    execFile(command, [...args], { cwd: at(folder), maxBuffer: 1 << 26 }, (error, out, err) =>
      resolve({ failed: error !== null, printed: out + err })
    )
  })

/** What `pnpm install` would do: our packages are those of the copy where it has them, and the checkout's where not. */
const link = (folder: string, like: string) => {
  const modules = join(root, like, "node_modules")
  const copied = ["acmevoice", "emulator"]
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

/** Replaces one blank by what belongs there. */
const filled = (text: string, [from, to]: readonly [from: RegExp, to: string]): string => {
  assert.match(text, from)
  return text.replace(from, () => to)
}

const read = (path: string) => readFileSync(at(path), "utf8")

let begun: Scaffolded

beforeAll(() => {
  for (const path of [
    "packages/emulator",
    "packages/soniox",
    "packages/cli",
    "test/package.json",
    "test/src/support"
  ]) {
    cpSync(join(root, path), at(path), { recursive: true, filter: withoutModules })
  }
  for (const path of ["vitest.shared.ts", "tsconfig.base.json", "package.json", ".oxfmtrc.json"])
    cpSync(join(root, path), at(path))
  symlinkSync(join(root, "node_modules"), at("node_modules"))
  begun = scaffold(workspace, "acme-voice", new Date(0))
  link("packages/acmevoice", "packages/soniox")
  link("packages/emulator", "packages/emulator")
  link("packages/cli", "packages/cli")
  link("test", "test")
  for (const user of ["test", "packages/cli"]) {
    symlinkSync(at("packages/acmevoice"), at(`${user}/node_modules/@tempcred/acmevoice`))
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

describe("what is begun", () => {
  it("is registered where a vendor has to be", () => {
    const { exports, publishConfig } = JSON.parse(read("packages/emulator/package.json"))
    assert.strictEqual(exports["./AcmeVoice"], "./src/AcmeVoice.ts")
    assert.strictEqual(publishConfig.exports["./AcmeVoice"], "./dist/AcmeVoice.js")
    for (const map of [exports, publishConfig.exports]) assert.strictEqual(Object.keys(map)[1], "./AcmeVoice")
    assert.match(read("packages/emulator/src/index.ts"), /^export \* as AcmeVoice from "\.\/AcmeVoice\.ts"$/m)
    assert.match(read("packages/emulator/src/main.ts"), /^ {2}\w+\.make\(\),\n {2}AcmeVoice\.make\(\)\n\]$/m)
    for (const path of ["test/package.json", "packages/cli/package.json"]) {
      const names = Object.keys(JSON.parse(read(path)).devDependencies)
      assert.include(names, "@tempcred/acmevoice")
      assert.deepStrictEqual(names, names.toSorted())
    }
    const vendors = read("packages/cli/src/Vendors.ts")
    assert.match(vendors, /= \[\n {2}\{ adapter: AcmeVoice\.adapter, emulator: EmulatedAcmeVoice\.make \},$/m)
    assert.notMatch(begun.added.map(read).join("\n"), /__|soniox/i)
  })

  it("is formatted, and compiles", async () => {
    const config = { extends: "../tsconfig.base.json", include: ["src/vendors/acmevoice.ts"] }
    writeFileSync(at("test/tsconfig.json"), JSON.stringify(config))
    for (const folder of ["packages/acmevoice", "packages/emulator", "packages/cli", "test"]) {
      assert.deepStrictEqual(await run(folder, "tsc", "--noEmit"), { failed: false, printed: "" })
    }
    const { failed, printed } = await run("", "oxfmt", "--check", ...begun.added, ...begun.changed)
    assert.isFalse(failed, printed)
  })

  it("names every blank, with its line", () => {
    assert.lengthOf(begun.blanks, 10)
    for (const { place, what } of begun.blanks) {
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

  it("tests what is peculiar to the vendor as the other vendors' tests do, before anything is filled in", async () => {
    const { failed, printed } = await run("packages/acmevoice", "vitest", "run", "test/AcmeVoice.test.ts")
    assert.isFalse(failed, printed)
  }, 60_000)

  it("fails the contract on what is left to fill in, in those words, and passes when nothing is", async () => {
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
    const { printed } = await run("packages/acmevoice", "vitest", "run", "test/stage-")
    assert.include(printed, ".test-results.json")
    const { testResults }: { readonly testResults: ReadonlyArray<Result> } = JSON.parse(
      read("packages/acmevoice/node_modules/.test-results.json")
    )
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
})

interface Result {
  readonly name: string
  readonly assertionResults: ReadonlyArray<{
    readonly status: string
    readonly title: string
    readonly failureMessages: ReadonlyArray<string>
  }>
}
