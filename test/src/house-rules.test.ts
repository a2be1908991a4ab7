/** Rules of this workspace beyond compiler and linter; each failure states its remedy. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { adapters, code, type Entries, files, imports, packages, read, root, sources } from "./support/workspace.ts"

const holds = (violations: ReadonlyArray<string>, mend: string): void => {
  if (violations.length > 0) assert.fail([mend, ...violations].join("\n  "))
}

/** The allowed imports: the first matching line wins; `node:` stands for all of Node's modules. */
const mayImport: ReadonlyArray<readonly [path: string, packages: ReadonlyArray<string>]> = [
  ...adapters.map(({ folder }) => [`${folder}/`, ["@tempcred/core", "effect"]] as const),
  ["packages/core/src/node-transport/Dispatchers.ts", ["undici"]],
  ["packages/core/src/Transport.ts", ["effect", "#default-transport"]],
  ["packages/core/", ["effect"]],
  ["packages/redis/", ["@tempcred/core", "effect", "@redis/client"]],
  ["packages/emulator/src/Node.ts", ["node:", "ws"]],
  ["packages/emulator/src/main.ts", ["node:"]],
  ["packages/emulator/", []],
  ["packages/server/src/Node.ts", ["@tempcred/core", "effect", "node:"]],
  ["packages/server/src/NodeHandler.ts", ["node:"]],
  ["packages/server/src/node/", ["effect", "node:"]],
  ["packages/server/", ["@tempcred/core", "effect", "jose"]],
  [
    "packages/tempcred/",
    [
      ...adapters.map(({ folder }) => folder.replace("packages", "@tempcred")),
      "@tempcred/client",
      "@tempcred/core",
      "@tempcred/emulator",
      "@tempcred/redis",
      "@tempcred/server",
      "@tempcred/testing",
      "effect",
      "@effect/platform-node",
      "node:"
    ]
  ],
  ["packages/client/src/effect/", ["@tempcred/core", "effect"]],
  ["packages/client/src/React.ts", ["react"]],
  ["packages/client/", []],
  ["packages/testing/", ["@tempcred/core", "@tempcred/emulator", "effect", "@effect/vitest", "msw"]]
]

const packageOf = (specifier: string): string =>
  specifier.startsWith("node:") ? "node:" : specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")

const isRelative = (specifier: string): boolean => specifier.startsWith(".")

const workspaceOf = (path: string): string => (path.startsWith("test/") ? "test" : path.split("/", 2).join("/"))

/** Returns violations of a rule as lines of `path: violation`. */
const offences = (paths: ReadonlyArray<string>, find: (path: string) => Iterable<string>): ReadonlyArray<string> =>
  paths.flatMap((path) => Array.from(find(path), (what) => `${path}: ${what}`))

const matches = (text: string, pattern: RegExp): ReadonlyArray<string> =>
  Array.from(text.matchAll(pattern), ([found]) => found.trim())

const typescript = files.filter((path) => /^(packages|examples|test)\/.*\.ts$/.test(path))

describe("imports", () => {
  it("every package imports what its line in the table allows", () => {
    const violations = offences(sources, (path) => {
      const allowed = mayImport.find(([prefix]) => path.startsWith(prefix))?.[1]
      if (allowed === undefined) return ["has no line in the table"]
      return imports(path).filter((specifier) => !isRelative(specifier) && !allowed.includes(packageOf(specifier)))
    })
    holds(
      violations,
      "Move the code to a package that may import this, or change `mayImport` and docs/architecture.md."
    )
  })

  it("no file reaches past another package's exports", () => {
    const doors = packages.flatMap(({ name, exports }) => Object.keys(exports).map((door) => name + door.slice(1)))
    const violations = offences(typescript, (path) =>
      imports(path).filter((specifier) => {
        if (specifier.startsWith("@tempcred/")) return !doors.includes(specifier)
        const target = join(dirname(path), specifier)
        return isRelative(specifier) && target.includes("/") && workspaceOf(target) !== workspaceOf(path)
      })
    )
    holds(violations, "Import the other package by its name, through a module that its package.json exports.")
  })

  it("Effect is imported module by module", () => {
    const violations = offences(sources, (path) => imports(path).filter((specifier) => specifier === "effect"))
    holds(violations, 'Import `effect/Effect` and its siblings: the whole of "effect" triples a browser bundle.')
  })

  it("every use of an unstable part of Effect is named in docs/architecture.md", () => {
    const named = existsSync(join(root, "docs/architecture.md")) ? read("docs/architecture.md") : ""
    const unstable = /^effect\/(http|http-api|persistence|cli)(\/|$)/
    const violations = offences(
      sources.filter((path) => !named.includes(`\`${path}\``) && !named.includes(`\`${dirname(path)}/\``)),
      (path) => imports(path).filter((specifier) => unstable.test(specifier))
    )
    holds(
      violations,
      "Use a module that wraps it (such as Transport), or name the file's path in docs/architecture.md."
    )
  })

  it("an adapter is plain data: it sends, catches, retries and measures nothing itself", () => {
    const parts = sources.filter((path) => adapters.some(({ folder }) => folder === workspaceOf(path)))
    const own =
      /"effect\/(http\/\w+|Schedule|Clock)"|\btry \{|\bfetch\(|\bif \(status\b|\bDate\b(?!Time)|\bEffect\.log\w*/g
    const violations = offences(parts, (path) => matches(code(path), own))
    holds(violations, "What two vendors would both write belongs to packages/core.")
  })
})

describe("exports", () => {
  const published = new Set(packages.flatMap(({ modules }) => modules))
  const exported = (path: string) =>
    Array.from(
      read(path).matchAll(
        /(?:^(\/\*\*(?: .*|\n(?: \*.*\n)*? )\*\/)\n)?^export (?!(?:type )?(?:\{[^}]*\}|\*) from ).*$/gm
      )
    )

  it("every exported name has a doc comment; in a public module with one @category and one @since", () => {
    const modules = sources.filter((path) => basename(path) !== "index.ts")
    const violations = offences(modules, (path) =>
      exported(path)
        .filter(([, comment = ""]) => !documented(comment, published.has(path)))
        .map(([found]) => found.slice(found.indexOf("export ")))
    )
    holds(
      violations,
      "Put a doc comment right above. In a public module it ends with `@category models` and `@since 0.1.0`; in a private one it has no tags."
    )
  })

  it("every module begins with a comment that says its purpose, and every public one with @since", () => {
    const violations = offences(sources, (path) => {
      const [comment = ""] = /^(?:#!.*\n)?\/\*\*(?: .*\*\/|\n( \*.*\n)*? \*\/)\n/.exec(read(path)) ?? []
      const tags = matches(comment, /@since \d+\.\d+\.\d+/g).length
      const expected = published.has(path) || path.endsWith("/src/index.ts") ? tags === 1 : true
      return comment === "" || comment.includes("@category") || !expected ? ["line 1"] : []
    })
    holds(violations, "Begin the file with a doc comment: a sentence or two; in a public module also `@since` once.")
  })

  // The front door is bundled; its build compares its exports with its files.
  it.each(packages.filter(({ name }) => name !== "tempcred"))(
    "$name exports files that exist, under the same names when published",
    ({ folder, ...manifest }) => {
      const paths = Object.values(manifest.exports)
      holds(
        paths.filter((path) => !existsSync(join(root, folder, path))),
        `Write the file, or drop its line from ${folder}/package.json.`
      )
      const published = ({ exports: doors, imports: own }: Entries) =>
        JSON.parse(
          JSON.stringify({ exports: doors, imports: own }).replaceAll(/"\.\/src\/([^"]*)\.ts"/g, '"./dist/$1.js"')
        )
      const { exports: doors, imports: own } = manifest.publishConfig
      assert.deepStrictEqual(
        JSON.parse(JSON.stringify({ exports: doors, imports: own })),
        published(manifest),
        `Make publishConfig of ${folder}/package.json its exports and imports, with dist/*.js for src/*.ts.`
      )
    }
  )

  const libraries = packages.filter(({ modules }) => modules.length > 0)
  it.each(libraries)("the comment of each module of $name is published with its types", ({ folder, modules }) => {
    holds(
      [`${folder}/src/index.ts`, ...modules].filter((path) => !/^\/\*\*[^]*?\*\/\n\n/.test(read(path))),
      "Leave an empty line after the comment: else it belongs to an import, with which the compiler drops it."
    )
  })

  // The client and the front door export names in place of namespaces.
  const namespaced = libraries.filter(({ name }) => !/^(@tempcred\/client|tempcred)$/.test(name))
  it.each(namespaced)("$name re-exports from its index the modules that it exports", ({ folder, modules }) => {
    // Bundlers keep the whole of a re-exported namespace, so heavy modules, those for Node and those with an optional peer have their own exports.
    const apart = /^node:|^\.\/node-transport\/|^msw$|^effect\/http\/FetchHttpClient$|^effect\/http-api\/HttpApiScalar$/
    const expected = modules
      .filter((path) => !imports(path).some((specifier) => apart.test(specifier)))
      .map((path) => `from "./${basename(path)}"`)
    assert.deepStrictEqual(
      matches(code(`${folder}/src/index.ts`), /from "\.\/\w+\.ts"/g).toSorted(),
      expected.toSorted(),
      `${folder}/src/index.ts re-exports each module of package.json that is light and runs everywhere.`
    )
  })
})

describe("the content of files", () => {
  it("an adapter has at most 200 lines, any other source 300", () => {
    const violations = offences(sources, (path) => {
      const lines = read(path).split("\n").length - 1
      const limit = adapters.some((adapter) => adapter.path === path) ? 200 : 300
      return lines > limit ? [`${lines} lines, over ${limit}`] : []
    })
    holds(violations, "Ask what belongs to the vendor, to Effect, or to a module of its own.")
  })

  it("environment variables are named by adapters, Providers, emulated vendors and the command line only", () => {
    const vendors = adapters.map(({ folder, name, path }) => {
      const found = code(path).matchAll(/\b(?:key|region|url|text|keys)\("([A-Z]+)_/g)
      const prefixes = [...new Set(Array.from(found, ([, prefix = ""]) => prefix))]
      const own = new RegExp(`^(${folder}/|packages/emulator/src/(${name}\\.ts|${kebab(name)}/))`)
      return { prefixes, path: own, names: new RegExp(`^(${prefixes.join("|")})_`) }
    })
    const readers: ReadonlyArray<{ readonly path: RegExp; readonly names: RegExp }> = [
      { path: /^packages\/core\/src\/(Providers|environment\/Names)\.ts$/, names: /^TEMPCRED_/ },
      { path: /^packages\/server\/src\/(ServerConfig\.ts|server-config\/)/, names: /^TEMPCRED_/ },
      { path: /^packages\/client\/src\/effect\//, names: /^TEMPCRED_ENDPOINT_/ },
      // These have flags; a vendor's variables belong to its adapter and its emulator.
      { path: /^packages\/tempcred\/src\/cli\/commands\//, names: /^TEMPCRED_(PROVIDER|CACHE|HOST|PORT)$/ },
      ...vendors
    ]
    // Matches quoted names and property names, but not names in sentences.
    const prefixes = ["TEMPCRED", ...vendors.flatMap((vendor) => vendor.prefixes)].join("|")
    const variable = new RegExp(`(?:(?<=^\\s*|[{,([.]\\s*)|["'\`])(?:${prefixes})_[A-Z_]+`, "gm")
    const violations = offences(sources, (path) => {
      const names = matches(code(path), variable).map((name) => name.replace(/^["'`]/, ""))
      return names.filter((name) => !readers.some((reader) => reader.path.test(path) && reader.names.test(name)))
    })
    holds(violations, "Take the value as an option, and let the adapter or Providers read the variable.")
  })

  it("no blank of the scaffold is left", () => {
    const parts = files.filter((path) => /^(packages\/[^/]+\/src|test\/src\/vendors)\/.*\.ts$/.test(path))
    holds(
      offences(parts, (path) => matches(code(path), /\bblank\(\s*["`][^"`]+/g)),
      "Write what the sentence says, and delete `blank` with the last of them."
    )
  })

  it("no source silences the compiler or the linter", () => {
    const violations = offences(sources, (path) => matches(read(path), /@ts-\w+|\b(?:ox|es)lint-disable\b.*/g))
    holds(violations, "Give the value a type that says what it is: decode it, or narrow it.")
  })

  it("no file names a folder of one machine, or leaves work for later", () => {
    const violations = offences(files, (path) =>
      matches(read(path), /(?:^|[\s"'`(=:])\/(?:tmp|work|root|home)\b.*|\b(?:TO[D]O|FIXM[E])\b.*/gm)
    )
    holds(violations, "Use a path from the checkout or `os.tmpdir()`; do what is left, or write it into an issue.")
  })
})

/** Returns the name of a module's private folder. */
const kebab = (name: string): string => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()

/** Tells whether a doc comment has a sentence, and exactly the tags of a public or private name. */
const documented = (comment: string, isPublic: boolean): boolean => {
  const sentence = /^ \* [^@\s]|^\/\*\* [^@\s]/m.test(comment)
  return sentence && ["@category ", "@since "].every((tag) => comment.split(tag).length === (isPublic ? 2 : 1))
}
