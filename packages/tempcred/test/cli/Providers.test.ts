import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import * as Vendors from "../../src/cli/Vendors.ts"
import { run } from "./program.ts"

describe("providers", () => {
  it("lists every vendor and purpose", async () => {
    const { code, err, out } = await run(["providers"])
    assert.deepStrictEqual([code, err], [0, ""])
    const [head = "", ...rows] = out
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/).join(" | "))
    assert.strictEqual(
      head,
      "vendor | purpose | ttl (default) | single use | max session | usable for | session lock | subject | regions"
    )
    assert.includeMembers(rows, [
      "assemblyai | agent | 1s–10m (1m) | always | 1m–3h | – | – | ignored | global, us, eu",
      "elevenlabs | agent | 15m | yes | – | – | – | ignored | global, us, eu, in, sg",
      "gemini | realtime | 1s–19h (1m) | yes | – | 1s–19h (30m) | given, all | ignored | –",
      "openai | realtime | 10s–2h (10m) | no | – | – | none | recorded | –",
      "speechmatics | tts.batch | 1m–1h (1m) | no | – | – | – | ignored | –"
    ])
    assert.match(out, /^speechmatics +stt\.batch .* enforced, required +eu, us, .*, trial$/m)
  })

  it.each([100, 120])("fits a terminal of %i columns, whose lines it breaks between words", async (columns) => {
    const { out } = await run(["providers"], { terminals: ["stdout"], columns })
    const lines = out.trimEnd().split("\n")
    assert.deepStrictEqual(
      lines.filter((line) => line.length > columns),
      []
    )
    const whole = await run(["providers"])
    const words = (text: string) => text.split(/\s+/).toSorted()
    assert.deepStrictEqual(words(out), words(whole.out))
    assert.strictEqual(lines.filter((line) => /^[a-z]/.test(line)).length, whole.out.trimEnd().split("\n").length)
    assert.match(
      out,
      /^vendor +purpose +ttl +single +max +usable +session +subject +regions\n +\(default\) +use +session +for +lock\n/
    )
  })

  it("breaks as few lines as possible", async () => {
    const { out } = await run(["providers"], { terminals: ["stdout"], columns: 120 })
    const broken = out.split("\n").flatMap((line) => /^ +/.exec(line) ?? [])
    assert.isAtMost(broken.length, 4)
  })

  it("prints a block for each vendor at a terminal that is too narrow for the table", async () => {
    const { out } = await run(["providers"], { terminals: ["stdout"], columns: 80 })
    for (const line of out.split("\n")) assert.isAtMost(line.length, 80)
    assert.include(
      out,
      "soniox\n  stt.realtime, tts.realtime, tts.batch\n    ttl (default): 1s–1h (1m); single use: yes; max session: 1s–5h; subject:\n    recorded; regions: us, eu, jp, in\n"
    )
  })

  it("never breaks a word, even at a narrow terminal", async () => {
    const { code, out } = await run(["providers"], { terminals: ["stdout"], columns: 40 })
    assert.strictEqual(code, 0)
    assert.include(out, "on-demand")
  })

  it("breaks no lines without a terminal, or at one of unknown width", async () => {
    const { out } = await run(["providers"])
    assert.strictEqual((await run(["providers"], { columns: 100 })).out, out)
    assert.strictEqual((await run(["providers"], { terminals: ["stdout"], columns: 0 })).out, out)
  })

  it("prints the adapters' capabilities as JSON", async () => {
    const { out } = await run(["providers", "--json"])
    const rows: ReadonlyArray<{ readonly provider: string; readonly purpose: string }> = JSON.parse(out)
    assert.includeMembers(
      rows.map(({ provider, purpose }) => `${provider} ${purpose}`),
      ["soniox tts.batch", "speechmatics stt.realtime"]
    )
    const soniox = rows.find(({ provider }) => provider === "soniox")
    assert.deepInclude(Object(soniox), { singleUse: true, ttlSeconds: { min: 1, max: 3600, default: 60 } })
    const gemini = rows.find(({ provider }) => provider === "gemini")
    assert.deepInclude(Object(gemini), {
      sessionLocks: ["given", "all"],
      usableForSeconds: { min: 1, max: 68_400, default: 1800 }
    })
  })

  it("includes every vendor of the workspace, with its emulator and its variables", () => {
    const packages = join(import.meta.dirname, "../../..")
    const sources = globSync(join(packages, "*/src/*.ts"))
    const ids = sources.flatMap((path) =>
      Array.from(
        readFileSync(path, "utf8").matchAll(/^const vendor = Adapter\.make\(\{\n\s*id: "(\w+)"/gm),
        ([, id = ""]) => id
      )
    )
    assert.isNotEmpty(ids)
    assert.sameMembers([...Vendors.names], ids, "Put the adapter into packages/tempcred/src/cli/Vendors.ts.")
    const emulators = Vendors.emulators(ids)
    assert.deepStrictEqual(
      emulators.map(({ vendor }) => vendor),
      Vendors.names,
      "Put the emulator into packages/tempcred/src/cli/Vendors.ts."
    )
    const [variable = ""] = Object.keys(emulators[0]?.env("http://127.0.0.1:1") ?? {})
    assert.deepStrictEqual(Vendors.withoutVendors({ [variable]: "1", [`${variable}_FILE`]: "2", HOME: "3" }), {
      HOME: "3"
    })
  })

  it("prints the table of docs/vendors/index.md", async () => {
    const document = readFileSync(join(import.meta.dirname, "../../../../docs/vendors/index.md"), "utf8")
    const section = document.split(/^## /m).find((part) => part.startsWith("Capabilities")) ?? ""
    const rows = section.split("\n").filter((line) => line.startsWith("|"))
    const { out } = await run(["providers", "--markdown"])
    // The command line does not know the last column, which is about tests.
    const known = rows.map((row) => row.replace(/[^|]*\|$/, ""))
    const found = known.map((row) => row.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---"))
    assert.deepStrictEqual(
      found,
      out.trimEnd().split("\n"),
      `put this table into docs/vendors/index.md under "Capabilities":\n${out}`
    )
  })
})
