/** The README's table of vendors says what the adapters declare. */
import type { Capability } from "@tempcred/core/Capabilities"
import { Soniox } from "@tempcred/soniox"
import { Speechmatics } from "@tempcred/speechmatics"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "vitest"

const row = (id: string, purpose: string, capability: Capability): string => {
  const { maxSessionSeconds, regions, singleUse, subject, ttlSeconds } = capability
  const cells = [
    id,
    `\`${purpose}\``,
    `${ttlSeconds.min}–${ttlSeconds.max} s (${ttlSeconds.default})`,
    singleUse ? "yes" : "no",
    maxSessionSeconds === undefined ? "no" : `${maxSessionSeconds.min}–${maxSessionSeconds.max} s`,
    subject.requiredForClient === true ? `${subject.effect}, required for clients` : subject.effect,
    regions.join(", ") || "none"
  ]
  return `| ${cells.join(" | ")} |`
}

it("the table of vendors in the README is what the adapters declare", () => {
  const wanted = [Soniox.adapter, Speechmatics.adapter].flatMap(({ capabilities, id }) =>
    Object.entries(capabilities).map(([purpose, capability]) => row(id, purpose, capability))
  )
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8")
  const section = readme.split(/^## /m).find((part) => part.startsWith("Vendors")) ?? ""
  const rows = section.split("\n").filter((line) => line.startsWith("|"))
  const found = rows.slice(2).map((line) => line.replaceAll(/ +/g, " "))
  assert.deepStrictEqual(found, wanted, `put these rows into README.md under "Vendors":\n${wanted.join("\n")}\n`)
})
