/** The packages can be published: their package.json is complete, and the address of the repository is in one place. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { address, metadata, unset } from "../scripts/release/Metadata.ts"
import { files, packages, read, root } from "./support/workspace.ts"

interface Manifest {
  readonly version: string
  readonly files: ReadonlyArray<string>
  readonly sideEffects: boolean
  readonly publishConfig: { readonly access: string }
  readonly engines: { readonly node: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const manifests = packages.map(({ folder, name }) => {
  const manifest: Manifest = JSON.parse(read(`${folder}/package.json`))
  return { ...manifest, folder, name }
})

describe("every published package", () => {
  it.each(manifests)("$name states where it comes from", ({ folder, ...manifest }) => {
    const stated = metadata(folder)
    assert.deepStrictEqual(
      { ...stated, ...manifest },
      { ...manifest, ...stated },
      "Run `pnpm address` with the address of the root package.json: it writes these fields."
    )
  })

  it.each(manifests)("$name is public, free of side effects, and brings its changelog", ({ folder, ...manifest }) => {
    assert.strictEqual(manifest.publishConfig.access, "public")
    assert.isFalse(manifest.sideEffects)
    assert.include(manifest.files, "CHANGELOG.md")
    assert.isTrue(
      existsSync(join(root, folder, "CHANGELOG.md")),
      "Write CHANGELOG.md: its first line is # and the name."
    )
    assert.isString(manifest.engines.node)
  })

  it.each(manifests)("$name takes the ranges of its peers from the catalog of peers", ({ peerDependencies }) => {
    const others = Object.entries(peerDependencies ?? {}).filter(([name]) => !name.startsWith("@tempcred/"))
    for (const [name, range] of others) assert.strictEqual(range, "catalog:peers", name)
  })

  it("has the same version", () => {
    assert.lengthOf(
      new Set(manifests.map(({ version }) => version)),
      1,
      "Use `pnpm changeset`: it keeps them together."
    )
  })
})

describe("the address of the repository", () => {
  it("is the one in the root package.json, wherever a file names it", () => {
    // The reserved address may stand in the script alone once there is a public one.
    const others = files.filter((path) => path !== "test/scripts/release/Metadata.ts" && read(path).includes(unset))
    if (address() !== unset) assert.deepStrictEqual(others, [], "Replace it: pnpm address <url>.")
    const links = files
      .filter((path) => /\.(md|yml|json)$/.test(path))
      .flatMap((path) =>
        Array.from(read(path).matchAll(/https:\/\/[\w.-]+\/[\w.-]+\/tempcred\b/g), ([link]) => `${path}: ${link}`)
      )
    assert.deepStrictEqual(
      links.filter((link) => !link.endsWith(` ${address()}`)),
      [],
      "Links to the repository begin with `repository` of the root package.json."
    )
  })
})
