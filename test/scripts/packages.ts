/**
 * Packs every public package as it would be published, lints the tarballs, and uses them from a project
 * outside of the workspace: types, each Node in `NODES`, a browser bundle, and what tree shaking leaves.
 */
import { build, type BuildOptions, type Metafile } from "esbuild"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { packages, root } from "../src/support/workspace.ts"

const outside = mkdtempSync(join(tmpdir(), "tempcred-packages-"))

const report = (line: string) => process.stdout.write(`${line}\n`)

/** Runs a program and returns its output; a failure shows the output and `advice`. */
const run = (advice: string, command: string, args: ReadonlyArray<string>, cwd = outside): string => {
  const { error, status, stderr, stdout } = spawnSync(command, args, { cwd, encoding: "utf8" })
  if (status === 0) return stdout
  throw new Error(`${advice}\n\n$ ${command} ${args.join(" ")}\n${error?.message ?? stdout + stderr}`)
}

/** Packs and lints; returns the tarballs by package. */
const pack = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    packages.map(({ folder, name }) => {
      const tarball = join(outside, `${name.replaceAll(/[@/]/g, "_")}.tgz`)
      run("Start this by `pnpm run packages`: it needs pnpm.", "pnpm", ["pack", "--out", tarball], join(root, folder))
      run(`Mend ${folder}/package.json as publint says.`, "publint", ["run", tarball, "--strict"], root)
      run(
        `Mend the exports of ${folder}/package.json: a type or a module cannot be resolved from outside.`,
        "attw",
        [tarball, "--profile", "esm-only", "--format", "table-flipped"],
        root
      )
      return [name, `file:${tarball}`]
    })
  )

const install = (tarballs: Readonly<Record<string, string>>): void => {
  // Optional peers are needed here, as everything is imported.
  const { version } = JSON.parse(
    readFileSync(join(root, "test/node_modules/@effect/platform-node/package.json"), "utf8")
  )
  const devDependencies = { "@types/node": "^24", "@effect/platform-node": version, react: "^19" }
  const manifest = { private: true, type: "module", dependencies: tarballs, devDependencies }
  writeFileSync(join(outside, "package.json"), JSON.stringify(manifest))
  writeFileSync(join(outside, "pnpm-workspace.yaml"), JSON.stringify({ overrides: tarballs }))
  run("The packed packages cannot be installed together: see their dependencies.", "pnpm", [
    "install",
    "--prefer-offline",
    "--silent"
  ])
}

/** The importable exports; others in lower case are programs or data files. */
const doors = packages.flatMap(({ exports, name }) =>
  Object.keys(exports)
    .filter((door) => /^\.(\/[A-Z]\w*|\/effect|\/react)?$/.test(door))
    .map((door) => name + door.slice(1))
)

const forNode = (door: string): boolean => /^@tempcred\/(testing|redis)(\/|$)|\/Node\w*$/.test(door)

const nodes = (process.env["NODES"] ?? process.execPath).split(":")

const importing = (specifiers: ReadonlyArray<string>): string => {
  const lines = specifiers.map((specifier, index) => `import * as m${index} from "${specifier}"`)
  const names = specifiers.map((_, index) => `m${index}`).join(", ")
  return `${lines.join("\n")}\nfor (const m of [${names}]) if (Object.keys(m).length === 0) throw new Error("empty")\n`
}

const checkTypes = (): void => {
  writeFileSync(join(outside, "main.ts"), importing(doors))
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2023", "main.ts"]
  for (const resolution of [
    ["--module", "nodenext", "--moduleResolution", "nodenext"],
    ["--module", "esnext", "--moduleResolution", "bundler"]
  ]) {
    const advice = "A published type cannot be used: see `exports` and tsconfig.build.json of the package."
    run(advice, join(root, "node_modules/.bin/tsc"), [...options, ...resolution])
  }
}

const checkImports = (): void => {
  writeFileSync(join(outside, "main.mjs"), importing(doors))
  for (const node of nodes) {
    run("A published module cannot be imported.", node, ["main.mjs"])
    report(`imported on Node ${run("", node, ["--version"]).trim()}: ${doors.join(" ")}`)
  }
}

/** Tells which transport the published condition chooses. Only `fetch` sends `sec-fetch-mode`. */
const transportProgram = `
import { createServer } from "node:http"
import { Transport } from "@tempcred/core/Transport"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
const server = createServer((request, response) => response.end(request.headers["sec-fetch-mode"] ? "fetch" : "pool"))
server.listen(0, "127.0.0.1", async () => {
  const outgoing = { method: "POST", url: new URL("http://127.0.0.1:" + server.address().port), key: Redacted.make("key") }
  const sending = Transport.use(({ send }) => send(outgoing))
  process.stdout.write((await Effect.runPromise(Effect.provide(sending, Transport.layer))).text)
  server.closeAllConnections()
  server.close()
})
`

const checkTransport = (): void => {
  writeFileSync(join(outside, "transport.mjs"), transportProgram)
  const advice = "The default transport cannot be loaded: see publishConfig.imports of packages/core/package.json."
  for (const node of nodes) {
    for (const [conditions, expected] of [
      [[], "pool"],
      [["--conditions=workerd"], "fetch"]
    ] as const) {
      const chosen = run(advice, node, [...conditions, "transport.mjs"])
      if (chosen !== expected) throw new Error(`${advice}\nNode ${conditions.join(" ")} sends through: ${chosen}`)
    }
  }
  report("the default transport is the pool, and fetch under the condition workerd")
}

const checkProgram = (): void => {
  const advice = "The published program does not run: see packages/tempcred/tsup.config.ts."
  for (const node of nodes) {
    const told = run(advice, node, ["node_modules/tempcred/dist/main.js", "mint", "--emulator", "--json"])
    const { provider, token } = JSON.parse(told)
    report(`tempcred mint --emulator: ${provider}, token ${token}`)
  }
}

interface Bundle {
  readonly bytes: number
  /** The modules of the bundle, from `node_modules/`. */
  readonly modules: ReadonlyArray<string>
}

const bundle = async (code: string): Promise<Bundle> => {
  const options = {
    stdin: { contents: code, resolveDir: outside },
    bundle: true,
    format: "esm",
    platform: "browser",
    minify: true,
    logLevel: "silent",
    write: false,
    metafile: true
  } satisfies BuildOptions
  const { metafile }: { readonly metafile: Metafile } = await build(options)
  const [output] = Object.values(metafile.outputs)
  const kept = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return { bytes: output?.bytes ?? 0, modules: kept.map(([path]) => path) }
}

const checkBrowser = async (): Promise<void> => {
  const portable = doors.filter((door) => !forNode(door))
  const { bytes } = await bundle(importing(portable)).catch((cause: unknown) => {
    throw new Error(
      `A browser cannot have this: leave Node to modules whose names begin with Node.\n${String(cause)}`,
      { cause }
    )
  })
  report(`browser bundle of everything: ${bytes} bytes`)
}

/** The modules that a program must not include when it uses only a part. */
const parts: ReadonlyArray<{ readonly code: string; readonly without: RegExp }> = [
  {
    code: 'import { Purpose } from "@tempcred/core"; console.log(Purpose.literals)',
    without: /@tempcred\/core\/dist\/(?!Purpose\.js|index\.js)/
  },
  {
    code: 'import { layer } from "@tempcred/soniox/Soniox"; console.log(layer)',
    without: /@tempcred\/(speechmatics|emulator)\/|@tempcred\/core\/dist\/(Minter|Providers)\.js/
  },
  {
    code: 'import { Speechmatics } from "@tempcred/speechmatics"; console.log(Speechmatics.layer)',
    without: /@tempcred\/speechmatics\/dist\/ManagementApi\.js/
  },
  {
    code: 'import { TokenServer } from "@tempcred/server"; console.log(TokenServer.make)',
    without: /HttpApiScalar|httpApiScalar|HttpApiSwagger/i
  }
]

const checkTreeShaking = async (): Promise<void> => {
  for (const { code, without } of parts) {
    const { bytes, modules } = await bundle(code)
    const left = modules.filter((path) => without.test(path))
    if (left.length > 0) {
      throw new Error(`A module must do nothing as it loads. Left of \`${code}\` is:\n${left.join("\n")}`)
    }
    report(`${bytes} bytes: ${code}`)
  }
}

try {
  install(pack())
  checkTypes()
  checkImports()
  checkTransport()
  checkProgram()
  await checkBrowser()
  await checkTreeShaking()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  rmSync(outside, { recursive: true })
}
