/** `pnpm new-adapter <vendor>`: scaffolds a vendor, and lists the blanks to fill in. */
import { resolve } from "node:path"
import process from "node:process"
import { styleText } from "node:util"
import { refusalOf, scaffold, spell } from "./new-adapter/Scaffold.ts"

const root = resolve(import.meta.dirname, "../..")
const [name = "", ...more] = process.argv.slice(2)

const usage = `Usage: pnpm new-adapter <vendor>

Begins the package, the emulator and the tests of a vendor whose name is given in small letters, its words apart by hyphens
(eleven-labs becomes the package @tempcred/elevenlabs with the module ElevenLabs). Nothing needs to be registered by hand.
`

const fail = (message: string): never => {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

if (name === "--help") {
  process.stdout.write(usage)
  process.exit(0)
}
if (name === "" || more.length > 0) fail(usage)
const refusal = refusalOf(root, name)
if (refusal !== undefined) fail(refusal)

const { id, module } = spell(name)

const begin = () => {
  try {
    return scaffold(root, name)
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

const { added, blanks, changed } = begin()
const width = Math.max(...blanks.map(({ place }) => place.length))
const paint = (style: Parameters<typeof styleText>[0], text: string) => styleText(style, text)

process.stdout.write(`
${paint("bold", `@tempcred/${id}`)} has begun.

${added.map((path) => `  ${paint("green", "+")} ${path}`).join("\n")}
${changed.map((path) => `  ${paint("yellow", "~")} ${path}`).join("\n")}

${paint("bold", "To fill in")}, each of which a test fails on, in these words:

${blanks.map(({ place, what }) => `  ${paint("cyan", place.padEnd(width))}  ${what}`).join("\n")}

${paint("bold", "Next")} (docs/write-an-adapter.md has it all, with a vendor that is there):

  1. pnpm install
  2. packages/emulator/src/${module}.ts from the vendor's documents, by somebody who does not look at the adapter
  3. packages/${id}/src/${module}.ts, until this passes:  pnpm --filter @tempcred/${id} test
  4. test/src/vendors/${id}.ts, and what the vendor's pages show in packages/testing/fixtures/${id} and test/src/fixtures/${id}.ts,
     until this passes:  pnpm --filter @tempcred/test test
  5. the table in docs/vendors/index.md, which this prints:  pnpm --filter tempcred test; and a row in README.md
  6. the tables of docs/vendors/${id}.md:  pnpm verify --pages
`)
