/** The package that apps install, from its tarball, in a folder that has nothing else. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { join, relative } from "node:path"
import { bun, deno, start, worker, workerd } from "../../src/support/runtimes.ts"
import { root } from "../../src/support/workspace.ts"
import { pnpm } from "./Installers.ts"
import { forEach, report, run } from "./Run.ts"

type Env = Readonly<Record<string, string>>

interface Manifest {
  readonly version: string
  readonly dependencies?: object
  readonly peerDependencies?: object
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

const manifestOf = (path: string): Manifest => JSON.parse(readFileSync(path, "utf8"))

/** The version of a package that the tests use. */
const versionOf = (name: string): string => manifestOf(join(root, "test/node_modules", name, "package.json")).version

const source = (name: string): string => readFileSync(join(import.meta.dirname, `programs/${name}.ts`), "utf8")

/** Writes a program as an app has it, and returns its file. */
const write = (folder: string, name: string): string => {
  writeFileSync(join(folder, `${name}.mjs`), stripTypeScriptTypes(source(name)))
  return `${name}.mjs`
}

/** Installs the package, and `others` beside it, into a new folder. */
const install = async (outside: string, name: string, tarball: string, others: Env): Promise<string> => {
  const folder = join(outside, name)
  await pnpm.install(folder, { tarballs: { tempcred: tarball }, others })
  return folder
}

const mostBytes = 4_500_000

const sizeOf = (path: string): number =>
  statSync(path).isDirectory()
    ? readdirSync(path).reduce((bytes, name) => bytes + sizeOf(join(path, name)), 0)
    : statSync(path).size

const checkManifest = (folder: string): void => {
  const installed = join(folder, "node_modules/tempcred")
  const { dependencies, peerDependencies, peerDependenciesMeta } = manifestOf(join(installed, "package.json"))
  const asked = Object.keys(peerDependencies ?? {}).filter((name) => peerDependenciesMeta?.[name]?.optional !== true)
  if (dependencies !== undefined || asked.length > 0) {
    throw new Error("tempcred asks for other packages: bundle them, or make them optional peers.")
  }
  const bytes = sizeOf(`${installed}/`)
  if (bytes > mostBytes) throw new Error(`tempcred is ${bytes} bytes unpacked, more than ${mostBytes}.`)
  report(`tempcred, unpacked: ${bytes} bytes`)
}

const expectOutput = (name: string, printed: string, expected: string): void => {
  if (printed.trim() !== expected) throw new Error(`${name} prints:\n${printed}\nand not:\n${expected}`)
}

const oneCopy = "There are two copies: see the order of `exports` in packages/tempcred/scripts/Entries.ts."

const checkRuntimes = async (folder: string, nodes: ReadonlyArray<string>): Promise<void> => {
  const file = write(folder, "copies")
  const others = [
    ...(bun === undefined ? [] : [[bun, [file]] as const]),
    ...(deno === undefined ? [] : [[deno, ["run", "--allow-all", "--no-lock", file]] as const])
  ]
  const commands = [...nodes.map((node) => [node, [file]] as const), ...others]
  await forEach(commands, 2, async ([command, args]) => {
    const printed = await run(oneCopy, command, args, { cwd: folder })
    expectOutput(command, printed, "201 AuthenticationError 2 fake-token-1 soniox")
    const version = (await run("", command, ["--version"], { cwd: folder })).split("\n")[0] ?? ""
    report(`tempcred, imported and required: ${command === bun ? "bun " : ""}${version}`)
  })
}

/** The program ends with a rejection that nobody handles, which Node prints. */
const checkSecrets = async (folder: string, node: string): Promise<void> => {
  const file = write(folder, "secrets")
  const ending = "The rejection that nobody handles does not end the program."
  const shell = `"$0" "${file}" 2>&1 && echo "${ending}"; true`
  const printed = await run("", "sh", ["-c", shell, node], { cwd: folder })
  if (!/^no secret is shown$/m.test(printed) || printed.includes("planted-") || printed.includes(ending)) {
    throw new Error(`A secret is shown, or the program has failed:\n${printed}`)
  }
  if (!printed.includes("TempcredError: soniox:")) throw new Error(`Node does not print the error:\n${printed}`)
  report("tempcred: nothing that is printed has a secret")
}

const checkWorker = async (folder: string, env: Env): Promise<void> => {
  if (workerd === undefined) return report("not run: workerd, which this machine does not have")
  const place = { file: write(folder, "worker"), folder: relative(root, folder) }
  const running = await start({ runtime: "workerd", path: workerd, command: worker("2026-11-01"), ...place }, env)
  try {
    expectOutput("The Worker", await (await fetch(running.origin)).text(), "201 soniox")
  } finally {
    await running.stop()
  }
  report("tempcred, bundled: workerd")
}

/** Runs on the Node of the workspace, as msw needs a newer one than this package. */
const checkPeers = async (folder: string): Promise<void> => {
  const advice = "The package does not use the app's React or msw: see noExternal of packages/tempcred/tsup.config.ts."
  const printed = await run(advice, process.execPath, [write(folder, "peers")], { cwd: folder })
  expectOutput("An app with React and msw", printed, "idle soniox 1")
  report("tempcred/react and tempcred/msw, with those of the app")
}

const resolutions = [
  { moduleResolution: "node10", module: "commonjs", files: ["app.cts"] },
  { moduleResolution: "node16", module: "node16", files: ["app.cts", "app.mts"] },
  { moduleResolution: "nodenext", module: "nodenext", files: ["app.cts", "app.mts"] },
  { moduleResolution: "bundler", module: "esnext", files: ["app.mts"] }
] as const

/** The oldest TypeScript, the newest, and the last of each line between them. The newest has no `node10`. */
const compilers = { ts52: "5.2.2", ts59: "5.9.3", ts6: "6.0.3", ts7: "7.0.2" } as const

type Compiler = keyof typeof compilers

/** Compiles with each TypeScript, without types of Node, and with the package's own declarations checked. */
const checkDeclarations = async (outside: string, tarball: string, names: ReadonlyArray<Compiler>): Promise<void> => {
  const wanted = Object.fromEntries(names.map((name) => [name, `npm:typescript@${compilers[name]}`]))
  const folder = await install(outside, "declarations", tarball, wanted)
  for (const file of ["app.cts", "app.mts"]) writeFileSync(join(folder, file), source("types"))
  const cases = names.flatMap((name) => resolutions.map((resolution) => ({ name, ...resolution })))
  const known = cases.filter(({ moduleResolution, name }) => name !== "ts7" || moduleResolution !== "node10")
  await forEach(known, 2, async ({ files, module, moduleResolution, name }) => {
    const old = name === "ts6" && moduleResolution === "node10" ? { ignoreDeprecations: "6.0" } : {}
    const strict = { noEmit: true, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: [] }
    const compilerOptions = { ...strict, ...old, target: "es2022", module, moduleResolution }
    const config = `tsconfig.${name}.${moduleResolution}.json`
    writeFileSync(join(folder, config), JSON.stringify({ compilerOptions, files }))
    const advice = `TypeScript ${compilers[name]} with ${moduleResolution} refuses the declarations of tempcred.`
    await run(advice, process.execPath, [join("node_modules", name, "bin/tsc"), "-p", config], { cwd: folder })
  })
  report(`tempcred: declarations for TypeScript ${names.map((name) => compilers[name]).join(", ")}`)
}

/** What the check of the package uses. */
interface Options {
  /** A folder outside of the workspace. */
  readonly outside: string
  readonly tarball: string
  /** The versions of Node. */
  readonly nodes: ReadonlyArray<string>
  /** The variables of emulated vendors. */
  readonly env: Env
  /** Whether to take the time for all versions of TypeScript. */
  readonly isThorough: boolean
}

/** Checks the package that apps install. */
export const checkFrontDoor = async ({ env, isThorough, nodes, outside, tarball }: Options): Promise<void> => {
  const alone = await install(outside, "alone", tarball, {})
  checkManifest(alone)
  const [node = process.execPath] = nodes
  await checkRuntimes(alone, nodes)
  await checkSecrets(alone, node)
  await checkWorker(alone, env)
  const peers = Object.fromEntries(["msw", "react", "react-dom"].map((name) => [name, versionOf(name)]))
  await checkPeers(await install(outside, "peers", tarball, peers))
  await checkDeclarations(outside, tarball, isThorough ? ["ts52", "ts59", "ts6", "ts7"] : ["ts52", "ts7"])
}
