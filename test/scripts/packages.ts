/**
 * Packs every public package as it would be published, lints the tarballs, and uses them from projects
 * outside of the workspace: types, each Node in `NODES`, the code of the READMEs, each package manager, a browser
 * bundle, and what tree shaking leaves. `LOWEST_NODE` is the oldest Node of `tempcred`.
 */
import { build, type BuildOptions, type Metafile } from "esbuild"
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { packages, root } from "../src/support/workspace.ts"
import { checkFrontDoor } from "./packages/FrontDoor.ts"
import { installers, type Installer, pnpm } from "./packages/Installers.ts"
import { forEach, report } from "./packages/Run.ts"
import { allPages, frontPage, others, runSnippets, withEmulators, writeSnippets } from "./packages/Snippets.ts"
import { checkContent, lint } from "./packages/Tarballs.ts"
import { pack } from "./release/Pack.ts"

const outside = mkdtempSync(join(tmpdir(), "tempcred-packages-"))

type Env = Readonly<Record<string, string>>

type Tarballs = Readonly<Record<string, string>>

/** Runs a program and returns its output; a failure shows the output and `advice`. */
const run = (advice: string, command: string, args: ReadonlyArray<string>, cwd = outside): string => {
  const { error, status, stderr, stdout } = spawnSync(command, args, { cwd, encoding: "utf8" })
  if (status === 0) return stdout
  throw new Error(`${advice}\n\n$ ${command} ${args.join(" ")}\n${error?.message ?? stdout + stderr}`)
}

/** Installs everything, with the optional peers, as everything is imported. */
const installAll = async (tarballs: Tarballs): Promise<void> => {
  const extra = others(pages)
  const peers = ["@effect/platform-node", "msw", "react"].map((name) => {
    const { version } = JSON.parse(readFileSync(join(root, "test/node_modules", name, "package.json"), "utf8"))
    return [name, version] as const
  })
  await pnpm.install(outside, {
    tarballs,
    others: { ...extra, "@types/node": "^24", ...Object.fromEntries(peers) }
  })
}

/** The importable exports; others in lower case are programs or data files. */
const doors = packages.flatMap(({ exports, name }) =>
  Object.keys(exports)
    .filter((door) =>
      name === "tempcred" ? door !== "./package.json" : /^\.(\/[A-Z]\w*|\/effect|\/react)?$/.test(door)
    )
    .map((door) => name + door.slice(1))
)

const forNode = (door: string): boolean =>
  /^@tempcred\/(testing|redis)(\/|$)|\/Node\w*$|^tempcred\/(emulator|msw)$/.test(door)

const nodes = (process.env["NODES"] ?? process.execPath).split(":")

const importing = (specifiers: ReadonlyArray<string>): string => {
  const lines = specifiers.map((specifier, index) => `import * as m${index} from "${specifier}"`)
  const names = specifiers.map((_, index) => `m${index}`).join(", ")
  return `${lines.join("\n")}\nfor (const m of [${names}]) if (Object.keys(m).length === 0) throw new Error("empty")\n`
}

const pages = [...frontPage, ...allPages]

const checkTypes = (): void => {
  writeFileSync(join(outside, "main.ts"), importing(doors))
  const strict = [
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--target",
    "es2023",
    "--moduleDetection",
    "force",
    "--types",
    "node"
  ]
  const options = [...strict, "main.ts", ...writeSnippets(outside, pages)]
  for (const resolution of [
    ["--module", "nodenext", "--moduleResolution", "nodenext"],
    ["--module", "esnext", "--moduleResolution", "bundler"]
  ]) {
    const advice = "A published type cannot be used: see `exports` and tsconfig.build.json of the package."
    run(advice, join(root, "node_modules/.bin/tsc"), [...options, ...resolution])
  }
}

const checkModuleComments = (): void => {
  const libraries = packages.filter(({ name }) => name !== "tempcred")
  const bare = libraries.flatMap(({ name, publishConfig }) =>
    Object.values(publishConfig.exports).filter((path) => {
      const types = join(outside, "node_modules", name, path.replace(/\.js$/, ".d.ts"))
      return path.endsWith(".js") && existsSync(types) && !readFileSync(types, "utf8").startsWith("/**")
    })
  )
  if (bare.length > 0) throw new Error(`Leave an empty line after the comment of these modules:\n${bare.join("\n")}`)
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
    const told = run(advice, node, ["node_modules/tempcred/dist/cli.js", "mint", "--emulator", "--json"])
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

/** The code of the READMEs on each Node. */
const checkPages = (env: Env): Promise<void> =>
  forEach(nodes, 1, async (node) => {
    await runSnippets(outside, pages, node, env)
    report(`code of all READMEs on Node ${run("", node, ["--version"]).trim()}: ${pages.length} examples`)
  })

/** The front page from an empty folder of each package manager. */
const checkInstaller = async (installer: Installer, tarballs: Tarballs, env: Env): Promise<void> => {
  if (!installer.isInstalled) {
    if (process.env["REQUIRE_SERVICES"] !== undefined) throw new Error(`${installer.name} is missing: see .ci/run.`)
    return report(`not run: ${installer.name}, which this machine does not have`)
  }
  const start = performance.now()
  const folder = join(outside, `by-${installer.name}`)
  // Testing asks for vitest, which the front page does not need.
  const { "@tempcred/testing": _, ...wanted } = tarballs
  await installer.install(folder, { tarballs: wanted, others: others(frontPage) })
  writeSnippets(folder, frontPage)
  await runSnippets(folder, frontPage, installer.runtime ?? process.execPath, env)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  report(`code of README.md, installed by ${installer.name}: ${frontPage.length} examples (${seconds} s)`)
}

try {
  const packed = pack(outside)
  const tarballs = Object.fromEntries(packed.map(({ filename, name }) => [name, `file:${filename}`]))
  await Promise.all([lint(packed), installAll(tarballs)])
  checkContent(packed, outside)
  checkModuleComments()
  checkTypes()
  await withEmulators(async (env) => {
    const { LOWEST_NODE: lowest } = process.env
    const tarball = tarballs["tempcred"] ?? ""
    const isThorough = process.argv.includes("--thorough")
    const all = lowest === undefined ? nodes : [lowest, ...nodes]
    await checkFrontDoor({ outside, tarball, nodes: all, env, isThorough })
    await checkPages(env)
    await forEach(installers, 2, (installer) => checkInstaller(installer, tarballs, env))
  })
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
