/** The packages can be published: their package.json is complete, and the address of the repository is in one place. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { address, metadata, unset } from "../scripts/release/Metadata.ts"
import { parse } from "yaml"
import { files, packages, read, root, scripts } from "./support/workspace.ts"

const isText = (value: unknown): value is string => typeof value === "string"

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

describe("changesets", () => {
  const config: { readonly fixed: ReadonlyArray<ReadonlyArray<string>> } = JSON.parse(read(".changeset/config.json"))
  const privates = files
    .filter((path) => /^(?!packages\/).*package\.json$/.test(path))
    .map((path): { readonly name: string } => JSON.parse(read(path)))
    .filter(({ name }) => name.startsWith("@tempcred/"))

  const inGroup = (name: string): boolean => {
    const patterns = (config.fixed[0] ?? []).map((pattern) => ({
      drops: pattern.startsWith("!"),
      names: new RegExp(`^${pattern.replace(/^!/, "").replaceAll("*", "[^/]*")}$`)
    }))
    return patterns.reduce((member, { drops, names }) => (names.test(name) ? !drops : member), false)
  }

  it("give all published packages one version, and no other", () => {
    assert.deepStrictEqual(
      packages.filter(({ name }) => !inGroup(name)).map(({ name }) => name),
      []
    )
    const others = privates.filter(({ name }) => inGroup(name)).map(({ name }) => name)
    assert.deepStrictEqual(others, [], "Changesets fails on a package without a version: add !name to `fixed`.")
  })
})

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, { readonly "timeout-minutes": number; readonly steps: ReadonlyArray<Step> }>>
}

describe("workflows", () => {
  const names = ["ci", "release"]
  const workflow = (name: string): Workflow => parse(read(`.github/workflows/${name}.yml`))
  const steps = (name: string) => Object.values(workflow(name).jobs).flatMap((job) => job.steps)
  const commands = (name: string) =>
    steps(name).flatMap((step) =>
      [step.run, step.with?.["version-script"], step.with?.["publish-script"]].filter(isText)
    )

  it.each(names)("%s has only commands that exist", (name) => {
    const known = new Set(["bash .ci/run", "npx -y pnpm@12 install --frozen-lockfile"])
    const unknown = commands(name).filter((command) => {
      const script = /^npx -y pnpm@12 run (\S+)(?: --[\w-]+)*$/.exec(command)?.[1]
      return !known.has(command) && (script === undefined || !scripts.includes(script))
    })
    assert.deepStrictEqual(unknown, [])
    assert.include(commands(name), "bash .ci/run")
  })

  it.each(names)("%s pins its actions by commit, and can only read by default", (name) => {
    const uses = steps(name).flatMap((step) => (step.uses === undefined ? [] : [step.uses]))
    assert.isNotEmpty(uses)
    for (const action of uses) assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
    assert.deepStrictEqual(workflow(name).permissions, { contents: "read" })
  })

  it("release publishes with provenance", () => {
    assert.match(read(".github/workflows/release.yml"), /id-token: write[\s\S]*NPM_CONFIG_PROVENANCE: "true"/)
  })

  it(".ci/run has only scripts that exist", () => {
    const used = Array.from(read(".ci/run").matchAll(/^npx -y pnpm@12 (?:run )?([\w:-]+)/gm), ([, script]) => script)
    assert.deepStrictEqual(
      used.filter((script) => script === undefined || !scripts.includes(script)),
      []
    )
    assert.isNotEmpty(used)
  })
})

describe("templates", () => {
  it("a report of a bug asks for the output of doctor", () => {
    const { body }: { readonly body: ReadonlyArray<{ readonly id?: string; readonly attributes: { label: string } }> } =
      parse(read(".github/ISSUE_TEMPLATE/bug.yml"))
    const doctor = body.find(({ id }) => id === "doctor")
    assert.include(doctor?.attributes.label, "npx tempcred doctor --json")
  })

  it.each(files.filter((path) => /^\.github\/ISSUE_TEMPLATE\/.*\.yml$/.test(path)))("%s is YAML", (path) =>
    assert.isObject(parse(read(path)))
  )
})
