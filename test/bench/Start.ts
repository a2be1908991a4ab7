/** How long the command line takes to start, beside Node itself: the bundle as it is published, in a process for each round. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { compare, type Options, type Row, type Rounds } from "./Row.ts"

const cli = fileURLToPath(new URL("../../packages/cli/", import.meta.url))
const bare = "node -e 0"
const warmUp = 1

/** What 300 ms are where Node itself takes 40 ms. */
const limit = 7.5

const node = (args: ReadonlyArray<string>, cwd: string): void => {
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" })
  if (status !== 0) throw new Error(`node ${args.join(" ")}\n${stdout}${stderr}`)
}

/** Builds anew, as what was built before may be old. */
const bundle = (folder: string): string => {
  const tsup = dirname(createRequire(join(cli, "package.json")).resolve("tsup/package.json"))
  node([join(tsup, "dist/cli-default.js"), "--out-dir", join(folder, "dist"), "--silent"], cli)
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  return join(folder, "dist/main.js")
}

/** In milliseconds. */
const time = (args: ReadonlyArray<string>, cwd: string): number => {
  const start = performance.now()
  node(args, cwd)
  return performance.now() - start
}

const measure = (folder: string, rounds: number): Pick<Row, "ours" | "peers"> => {
  const program = bundle(folder)
  const contestant = (name: string, args: ReadonlyArray<string>) => ({ name, args, rounds: Array.of<number>() })
  const own = contestant("tempcred", [program, "--help"])
  const other = contestant(bare, ["-e", "0"])
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const one of [own, other]) {
      const milliseconds = time(one.args, folder)
      if (round >= warmUp) one.rounds.push(milliseconds)
    }
  }
  return compare(own, [other] satisfies ReadonlyArray<Rounds>)
}

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const rounds = quick ? 9 : 31
  const folder = mkdtempSync(join(tmpdir(), "tempcred-bench-"))
  try {
    const measured = measure(folder, rounds)
    const ratio = measured.peers[bare]?.ratio ?? Number.NaN
    return [
      {
        ...measured,
        question: "The start of the command line: tempcred --help",
        unit: "ms",
        ratio,
        target: `at most ${limit} × ${bare}, which is 300 ms where Node takes 40 ms`,
        reached: ratio <= limit,
        note: `median of ${rounds} processes each, taking turns, of the bundle as it is published`
      }
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}
