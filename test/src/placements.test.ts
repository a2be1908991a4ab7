/** Placements of tokens are proven by the vendor's own client or publication, not by our emulators. */
import { TempCredential } from "@tempcred/core/TempCredential"
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"
import { type Drive, type Entry, nameOf, placements, placesOf } from "./support/placements.ts"
import { record } from "./support/recorder.ts"
import { start, vendors } from "./support/vendors.ts"
import { withoutTls } from "./support/without-tls.ts"
import { read } from "./support/workspace.ts"

let restore: () => void
beforeAll(() => {
  // Google's client warns for every token that its support is experimental.
  vi.spyOn(console, "warn").mockReturnValue()
  restore = withoutTls()
})
afterAll(() => restore())

const folder = join(import.meta.dirname, "placements")

const drives: ReadonlyMap<string, ReadonlyArray<Drive>> = new Map(
  await Promise.all(
    readdirSync(folder).map(async (name): Promise<readonly [string, ReadonlyArray<Drive>]> => {
      const file: { readonly drives: ReadonlyArray<Drive> } = await import(join(folder, name))
      return [basename(name, ".ts"), file.drives]
    })
  )
)

const ids = [...new Set(vendors.map(({ adapter }) => adapter.id))]

describe.each(ids)("%s", (id) => {
  const entries = placements.get(id) ?? []

  it("has a proof for every connection of every purpose, and for nothing else", async () => {
    const found = new Map<string, Omit<Entry, "proof">>()
    for (const vendor of vendors.filter(({ adapter }) => adapter.id === id)) {
      await using world = await start(vendor)
      for (const { purpose } of vendor.uses) {
        const { connections } = TempCredential.encode(await world.minter.mint({ purpose, subject: "ann" }))
        for (const { kind, placement, url } of connections) {
          const entry = { purpose, kind, path: URL.parse(url)?.pathname ?? url, placement }
          found.set(nameOf(entry), entry)
        }
      }
    }
    assert.sameDeepMembers(
      entries.map(({ proof: _, ...entry }) => entry),
      [...found.values()],
      `Put what proves each placement into packages/testing/placements/${id}.json, and a vendor's client that proves one into test/src/placements/${id}.ts.`
    )
  })

  it("has a client to drive for every proof by an SDK, in the version that is named", () => {
    const proven = (drives.get(id) ?? []).flatMap(({ client, proves }) => proves.map((name) => `${name} ${client}`))
    const named = entries.flatMap((entry) =>
      entry.proof.by === "SDK" ? [`${nameOf(entry)} ${entry.proof.package}`] : []
    )
    assert.sameMembers(proven, named)
    for (const { proof } of entries) {
      if (proof.by !== "SDK") continue
      const manifest = readFileSync(join(import.meta.dirname, "../node_modules", proof.package, "package.json"), "utf8")
      assert.strictEqual(JSON.parse(manifest).version, proof.version, proof.package)
    }
  })
})

/** Header names are compared in lower case. */
const comparable = (placement: Entry["placement"]) =>
  placement.in === "header" ? { ...placement, name: placement.name.toLowerCase() } : placement

/** Deepgram's client offers a session identifier after the token. */
const withoutRest = (found: Entry["placement"], told: Entry["placement"]): Entry["placement"] =>
  found.in === "subprotocols" && told.in === "subprotocols"
    ? { ...found, protocols: found.protocols.slice(0, told.protocols.length) }
    : found

describe("the vendor's client puts the token where the adapter says", () => {
  const all = [...drives].flatMap(([vendor, some]) => some.map((drive) => ({ vendor, ...drive })))
  it.each(all)("$client: $proves.0", async ({ present, proves, vendor }) => {
    await using recorder = await record()
    const token = vendor === "gemini" ? "auth_tokens/of-the-test" : "ek_of-the-test"
    const close = await present(recorder.origin, token)
    const arrival = await recorder.arrivalOf(token)
    await close?.()
    for (const name of proves) {
      const entry = placements.get(vendor)?.find((one) => nameOf(one) === name) ?? assert.fail(`no fixture for ${name}`)
      assert.deepStrictEqual([arrival.kind, arrival.path], [entry.kind, entry.path])
      const places = placesOf(arrival, token).map((place) => withoutRest(place, entry.placement))
      assert.deepStrictEqual(places, [comparable(entry.placement)])
    }
  })
})

/** Returns the table's word for a proof: one whose source does not state all of it is inferred. */
const kindOf = (proof: Entry["proof"]): string =>
  proof.by === "documents" && proof.inferred !== undefined ? "inferred" : proof.by

it("docs/vendors/index.md says for each purpose how the placement of its token is proven", () => {
  const section =
    read("docs/vendors/index.md")
      .split(/^## /m)
      .find((part) => part.startsWith("Capabilities")) ?? ""
  const rows = section.split("\n").filter((line) => /^\| \w/.test(line))
  const cells = rows.map((row) => row.split("|").map((cell) => cell.trim()))
  const [head = [], ...vendorRows] = cells
  assert.strictEqual(head.at(-2), "placement proven by")
  const told = vendorRows.map((row) => [row[1], row[2]?.replaceAll("`", ""), row.at(-2)].join(" | "))
  const proofs = ["SDK", "documents", "inferred"] as const
  const expected = vendors.flatMap(({ adapter: { capabilities, id } }) =>
    Object.keys(capabilities).map((purpose) => {
      const own = (placements.get(id) ?? []).filter((entry) => entry.purpose === purpose)
      const by = proofs.filter((one) => own.some(({ proof }) => kindOf(proof) === one))
      return [id, purpose, by.join(", ")].join(" | ")
    })
  )
  assert.deepStrictEqual(told, [...new Set(expected)])
})
