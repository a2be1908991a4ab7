import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { run } from "./program.ts"

describe("providers", () => {
  it("lists every vendor and purpose for people", async () => {
    const { code, err, out } = await run(["providers"])
    assert.deepStrictEqual([code, err], [0, ""])
    assert.match(out, /^vendor +purpose +ttl \(default\) +single use +session limit +subject +regions\n/)
    assert.match(out, /^soniox +stt\.realtime +1–3600 s \(60\) +yes +1–18000 s +recorded +us, eu, jp, in$/m)
    assert.match(out, /^speechmatics +stt\.batch +60–3600 s \(60\) +no +no +enforced, required for clients +eu, us, /m)
  })

  it("tells machines what the adapters declare", async () => {
    const { out } = await run(["providers", "--json"])
    const rows: ReadonlyArray<{ readonly provider: string; readonly purpose: string }> = JSON.parse(out)
    assert.includeMembers(
      rows.map(({ provider, purpose }) => `${provider} ${purpose}`),
      ["soniox tts.batch", "speechmatics stt.realtime"]
    )
    const soniox = rows.find(({ provider }) => provider === "soniox")
    assert.deepInclude(Object(soniox), { singleUse: true, ttlSeconds: { min: 1, max: 3600, default: 60 } })
  })

  it("prints the table of the project's README", async () => {
    const readme = readFileSync(join(import.meta.dirname, "../../../README.md"), "utf8")
    const section = readme.split(/^## /m).find((part) => part.startsWith("Vendors")) ?? ""
    const rows = section.split("\n").filter((line) => line.startsWith("|"))
    const { out } = await run(["providers", "--markdown"])
    const found = rows.map((row) => row.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---"))
    assert.deepStrictEqual(found, out.trimEnd().split("\n"), `put this table into README.md under "Vendors":\n${out}`)
  })
})
