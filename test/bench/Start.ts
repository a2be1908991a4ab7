/** The start times of published programs, each round in its own process, and their bundle sizes for edge runtimes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Bundle from "./Bundle.ts"
import * as Published from "./Published.ts"
import { atMost, atMostTimes, compare, type Measured, type Options, type Row, type Rounds, times } from "./Row.ts"

const bare = "node -e 0"
const warmUp = 1

/** The target of 300 ms relative to Node's own start of 40 ms. */
const limit = 7.5

interface Contestant extends Rounds {
  /** Measures one start in milliseconds. */
  readonly time: () => number
  readonly rounds: Array<number>
}

const contestant = (name: string, time: () => number): Contestant => ({ name, time, rounds: [] })

/** Starts processes in alternating rounds. */
const race = (contestants: ReadonlyArray<Contestant>, rounds: number): void => {
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const one of contestants) {
      const milliseconds = one.time()
      if (round >= warmUp) one.rounds.push(milliseconds)
    }
  }
}

const program = (folder: string, rounds: number): Row => {
  const run = (name: string, args: ReadonlyArray<string>) =>
    contestant(name, () => {
      const start = performance.now()
      Published.node(args, folder)
      return performance.now() - start
    })
  const own = run("tempcred", [Published.installFront(folder), "--help"])
  const other = run(bare, ["-e", "0"])
  race([own, other], rounds)
  const measured = compare(own, [], [other])
  return {
    ...measured,
    question: "The start of the command line: tempcred --help",
    unit: "ms",
    targets: [atMostTimes(limit, measured, bare)],
    note: `median of ${rounds} processes each, taking turns, of the bundle as it is published; ${limit} × is 300 ms where Node itself takes 40 ms`
  }
}

const importLimit = 2

/** Describes Effect's share of our import. */
const importing = ({ bounds = {}, ours, peers }: Measured): string => {
  const alone = bounds[Bundle.effectAlone.name]?.value ?? Number.NaN
  const other = peers[Bundle.sonioxNode.name]?.value ?? Number.NaN
  return `Effect's runtime and schemas alone take ${times(alone / other)} × ${Bundle.sonioxNode.name}, which is ${times(alone / ours.value)} of ours; what is ours takes ${times((ours.value - alone) / other)} ×`
}

const modules = (folder: string, rounds: number): Row => {
  Published.install(folder, ["core", "soniox"])
  Published.link(folder, ["effect", Bundle.sonioxNode.name, Bundle.speechmaticsAuth.name])
  const entry = (name: string, specifiers: ReadonlyArray<string>) => {
    const file = join(folder, `${name.replaceAll(/\W/g, "-")}.mjs`)
    const imports = specifiers.map((specifier) => `await import(${JSON.stringify(specifier)})`)
    const lines = ["const start = performance.now()", ...imports, "console.log(performance.now() - start)"]
    writeFileSync(file, lines.join("\n"))
    return contestant(name, () => Number(Published.node([file], folder)))
  }
  const own = entry("tempcred", ["@tempcred/core/Minter", "@tempcred/soniox/Soniox"])
  const alone = ["Effect", "Layer", "ManagedRuntime", "Schema"].map((module) => `effect/${module}`)
  const bound = entry(Bundle.effectAlone.name, alone)
  const others = [Bundle.sonioxNode, Bundle.speechmaticsAuth].map(({ name }) => entry(name, [name]))
  race([own, bound, ...others], rounds)
  const measured = compare(own, others, [bound])
  return {
    ...measured,
    question: "The import of core and Soniox",
    unit: "ms",
    targets: [{ ...atMostTimes(importLimit, measured, Bundle.sonioxNode.name), obstacle: importing(measured) }],
    note: `median of ${rounds} processes each, taking turns, of the packages as they are published; the start of Node itself is not in it`
  }
}

/** Makes a contestant of a module that prints milliseconds. */
const timed = (folder: string, name: string, lines: ReadonlyArray<string>): Contestant => {
  const file = join(folder, `${name.replaceAll(/\W/g, "-")}.mjs`)
  writeFileSync(file, lines.join("\n"))
  return contestant(name, () => Number(Published.node([file], folder)))
}

/** Imports a module, which loads the engine at its first use. */
const frontImport = (folder: string, rounds: number): Row => {
  const entry = (name: string) =>
    timed(folder, `import ${name}`, [
      "const start = performance.now()",
      `await import(${JSON.stringify(name)})`,
      "console.log(performance.now() - start)"
    ])
  const own = entry("tempcred")
  const other = entry(Bundle.sonioxNode.name)
  race([own, other], rounds)
  const measured = compare(own, [other], [])
  return {
    ...measured,
    question: "The import of tempcred",
    unit: "ms",
    targets: [atMostTimes(1, measured, other.name)],
    note: `median of ${rounds} processes each, taking turns, of the package as it is published; the engine is loaded by the first call, which the next figure has`
  }
}

/** A vendor in the same process, and the time from an import to the first credential, less that of one more mint. */
const first = (folder: string, name: string, lines: ReadonlyArray<string>): Contestant =>
  timed(folder, name, [
    'import { createServer } from "node:http"',
    "const answer = () => JSON.stringify({ api_key: `temp:${performance.now()}`, expires_at: new Date(Date.now() + 60_000) })",
    "const server = createServer((request, response) => {",
    '  request.resume().on("end", () => response.writeHead(201, { "content-type": "application/json" }).end(answer()))',
    "})",
    'await new Promise((listening) => server.listen(0, "127.0.0.1", listening))',
    "const url = `http://127.0.0.1:${server.address().port}`",
    "const start = performance.now()",
    ...lines,
    "await mint()",
    "const end = performance.now()",
    "await mint()",
    "console.log(end - start - (performance.now() - end))",
    "process.exit()"
  ])

const firstLimit = 60

const firstCredential = (folder: string, rounds: number): Row => {
  const own = first(folder, "tempcred/soniox", [
    'const { createMinter } = await import("tempcred/soniox")',
    'const minter = createMinter({ apiKey: "key", baseUrl: url })',
    'const mint = () => minter.mint({ purpose: "stt.realtime", subject: String(performance.now()) })'
  ])
  const other = first(folder, Bundle.sonioxNode.name, [
    `const { SonioxNodeClient } = await import(${JSON.stringify(Bundle.sonioxNode.name)})`,
    'const client = new SonioxNodeClient({ api_key: "key", base_url: url })',
    'const terms = { usage_type: "transcribe_websocket", expires_in_seconds: 60 }',
    "const mint = () => client.auth.createTemporaryKey(terms)"
  ])
  race([own, other], rounds)
  const measured = compare(own, [other], [])
  const obstacle =
    "Node loads and compiles the engine and the agents of undici; a compile cache (NODE_COMPILE_CACHE) shortens it"
  return {
    ...measured,
    question: "The first credential of one vendor, beyond the exchange with it",
    unit: "ms",
    targets: [{ ...atMost(firstLimit, "ms", measured.ours), obstacle }],
    note: `median of ${rounds} processes each, taking turns: the import, a minter and its first mint, less the time of one more mint; the vendor is a server in the same process`
  }
}

const front = (folder: string, rounds: number): ReadonlyArray<Row> => {
  Published.installFront(folder)
  Published.link(folder, [Bundle.sonioxNode.name])
  return [frontImport(folder, rounds), firstCredential(folder, rounds)]
}

const frontBundles = async (): Promise<ReadonlyArray<Row>> => {
  const folder = mkdtempSync(join(tmpdir(), "tempcred-bench-"))
  try {
    Published.installFront(folder)
    const rows: Array<Row> = []
    for (const one of Object.values(Bundle.front)) {
      const own = { value: await Bundle.weigh(one, folder) }
      const obstacle = "the modules that are loaded on demand are in the bundle too"
      rows.push({
        question: `A Worker's bundle with ${one.name}`,
        unit: "bytes",
        ours: own,
        peers: {},
        bounds: {},
        targets: [{ ...atMost(one.most, "bytes", own), obstacle }],
        note: "made by esbuild of the package as it is published, minified, gzip at its highest level"
      })
    }
    return rows
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const bundleLimit = 45_000

const percent = (share: number): string => `${Math.round(share * 100)} %`

const bytes = (count: number): string => `${count.toLocaleString("en")} bytes`

const bundle = async (): Promise<Row> => {
  const own = { value: await Bundle.weigh(Bundle.ours) }
  const alone = await Bundle.weigh(Bundle.effectAlone)
  const others: Array<readonly [name: string, figure: typeof own]> = []
  for (const one of [Bundle.sonioxNode, Bundle.speechmaticsAuth])
    others.push([one.name, { value: await Bundle.weigh(one) }])
  const parts = await Bundle.parts(Bundle.ours)
  const beyond = own.value - alone
  const obstacle = `Effect's runtime and schemas alone take ${bytes(alone)}, which is ${percent(alone / bundleLimit)} of the target; the rest, ours and what else of Effect it uses, takes ${bytes(beyond)}, where ${bytes(bundleLimit - alone)} are left`
  return {
    question: "A program for an edge runtime that mints at one vendor: its bundle",
    unit: "bytes",
    ours: own,
    peers: Object.fromEntries(others),
    bounds: { [Bundle.effectAlone.name]: { value: alone } },
    targets: [{ ...atMost(bundleLimit, "bytes", own), obstacle }],
    note: `made by esbuild, minified, gzip at its highest level; before that, ours is ${parts.map(([name, count]) => `${bytes(count)} of ${name}`).join(", ")}`
  }
}

const outside = <A>(work: (folder: string) => A): A => {
  const folder = mkdtempSync(join(tmpdir(), "tempcred-bench-"))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const rounds = quick ? 5 : 31
  return [
    outside((folder) => program(folder, rounds)),
    ...outside((folder) => front(folder, rounds)),
    ...(await frontBundles()),
    outside((folder) => modules(folder, rounds)),
    await bundle()
  ]
}
