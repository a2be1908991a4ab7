/** How long programs take to start, each round in a process of its own, of what is published; and what they weigh where there are no files. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Bundle from "./Bundle.ts"
import * as Published from "./Published.ts"
import { atMost, atMostTimes, compare, type Options, type Row, type Rounds } from "./Row.ts"

const bare = "node -e 0"
const warmUp = 1

/** What 300 ms are where Node itself takes 40 ms. */
const limit = 7.5

interface Contestant extends Rounds {
  /** In milliseconds. */
  readonly time: () => number
  readonly rounds: Array<number>
}

const contestant = (name: string, time: () => number): Contestant => ({ name, time, rounds: [] })

/** Processes that take turns. */
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
  const own = run("tempcred", [Published.commandLine(folder), "--help"])
  const other = run(bare, ["-e", "0"])
  race([own, other], rounds)
  const measured = compare(own, [other])
  return {
    ...measured,
    question: "The start of the command line: tempcred --help",
    unit: "ms",
    targets: [atMostTimes(limit, measured, bare)],
    note: `median of ${rounds} processes each, taking turns, of the bundle as it is published; ${limit} × is 300 ms where Node itself takes 40 ms`
  }
}

const importLimit = 2

const built = "what Effect's runtime and schemas take by themselves is in the table, and leaves no such room"

const modules = (folder: string, rounds: number): Row => {
  Published.install(folder, ["core", "soniox"])
  Published.link(folder, ["effect", Bundle.sonioxNode.name, Bundle.speechmaticsAuth.name])
  const importing = (name: string, specifiers: ReadonlyArray<string>) => {
    const file = join(folder, `${name.replaceAll(/\W/g, "-")}.mjs`)
    const imports = specifiers.map((specifier) => `await import(${JSON.stringify(specifier)})`)
    const lines = ["const start = performance.now()", ...imports, "console.log(performance.now() - start)"]
    writeFileSync(file, lines.join("\n"))
    return contestant(name, () => Number(Published.node([file], folder)))
  }
  const own = importing("tempcred", ["@tempcred/core/Minter", "@tempcred/soniox/Soniox"])
  const alone = ["Effect", "Layer", "ManagedRuntime", "Schema"].map((module) => `effect/${module}`)
  const others = [
    importing(Bundle.effectAlone.name, alone),
    ...[Bundle.sonioxNode, Bundle.speechmaticsAuth].map(({ name }) => importing(name, [name]))
  ]
  race([own, ...others], rounds)
  const measured = compare(own, others)
  return {
    ...measured,
    question: "The import of core and Soniox",
    unit: "ms",
    targets: [{ ...atMostTimes(importLimit, measured, Bundle.sonioxNode.name), obstacle: built }],
    note: `median of ${rounds} processes each, taking turns, of the packages as they are published; the start of Node itself is not in it`
  }
}

const bundleLimit = 45_000

const bundle = async (): Promise<Row> => {
  const own = { value: await Bundle.weigh(Bundle.ours) }
  const others: Array<readonly [name: string, figure: typeof own]> = []
  for (const one of [Bundle.effectAlone, Bundle.sonioxNode, Bundle.speechmaticsAuth])
    others.push([one.name, { value: await Bundle.weigh(one) }])
  return {
    question: "A program for an edge runtime that mints at one vendor: its bundle",
    unit: "bytes",
    ours: own,
    peers: Object.fromEntries(others),
    targets: [{ ...atMost(bundleLimit, "bytes", own), obstacle: built }],
    note: "made by esbuild, minified, gzip at its highest level"
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
  return [outside((folder) => program(folder, rounds)), outside((folder) => modules(folder, rounds)), await bundle()]
}
