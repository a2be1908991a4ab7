/** A profile of a process by package, made with Node's profiler. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

interface Node {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
  readonly children?: ReadonlyArray<number>
}

/** A profile as Node writes it; times are in microseconds. */
export interface CpuProfile {
  readonly nodes: ReadonlyArray<Node>
  readonly startTime: number
  readonly endTime: number
  readonly samples: ReadonlyArray<number>
  readonly timeDeltas: ReadonlyArray<number>
}

/** The entries that are not work. */
const idle = ["(root)", "(idle)"]

const engine: Readonly<Record<string, string>> = {
  "(garbage collector)": "garbage collection",
  "(program)": "code that is not JavaScript"
}

const ofNode: ReadonlyArray<readonly [url: RegExp, owner: string]> = [
  [/^node:internal\/deps\/undici/, "Node's fetch"],
  [/^node:(net|tls|_tls|internal\/(stream_base_commons|net|tls))/, "Node's sockets"],
  [/^node:(http|_http|internal\/http)/, "Node's HTTP"],
  [/^node:(crypto|internal\/crypto)/, "Node's crypto"],
  [/^node:(stream|_stream|internal\/(streams|webstreams))/, "Node's streams"],
  [/^node:/, "the rest of Node"]
]

/** Returns the package of a call frame; undefined for the engine, whose time belongs to its caller. */
const ownerOf = ({ functionName, url }: Node["callFrame"]): string | undefined => {
  if (url === "") return engine[functionName]
  const own = /\/packages\/([^/]+)\/(?:src|dist)\//.exec(url)?.[1]
  if (own !== undefined) return `@tempcred/${own}`
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
  if (installed !== undefined) return installed
  return ofNode.find(([pattern]) => pattern.test(url))?.[1] ?? "the program that measures"
}

const ownersOf = ({ nodes }: CpuProfile): ReadonlyMap<number, string> => {
  const owners = new Map<number, string>()
  const callers = new Map(nodes.flatMap(({ children = [], id }) => children.map((child) => [child, id] as const)))
  // Callers come before their callees.
  for (const { callFrame, id } of nodes)
    owners.set(id, ownerOf(callFrame) ?? owners.get(callers.get(id) ?? id) ?? "code that is not JavaScript")
  for (const { callFrame, id } of nodes) if (idle.includes(callFrame.functionName)) owners.delete(id)
  return owners
}

/** Returns the share of each package in the busy time of the last milliseconds, largest first. */
export const shares = (
  profile: CpuProfile,
  milliseconds: number
): ReadonlyArray<readonly [owner: string, share: number]> => {
  const owners = ownersOf(profile)
  const times = new Map<string, number>()
  const from = profile.endTime - milliseconds * 1000
  let now = profile.startTime
  let all = 0
  for (const [index, sample] of profile.samples.entries()) {
    now += profile.timeDeltas[index] ?? 0
    const owner = owners.get(sample)
    if (now < from || owner === undefined) continue
    const lasted = Math.max(0, profile.timeDeltas[index + 1] ?? 0)
    times.set(owner, (times.get(owner) ?? 0) + lasted)
    all += lasted
  }
  return [...times].map(([owner, time]) => [owner, time / all] as const).toSorted(([, one], [, other]) => other - one)
}

const least = 0.015

/** Formats the shares in one line, and adds up small ones. */
const told = (profile: CpuProfile, milliseconds: number): string => {
  const all = shares(profile, milliseconds)
  const parts = all.filter(([, share]) => share >= least)
  const rest = all.reduce((sum, [, share]) => sum + (share < least ? share : 0), 0)
  return [...parts, ...(rest > 0 ? [["others", rest] as const] : [])]
    .map(([owner, share]) => `${owner} ${Math.round(share * 100)} %`)
    .join(", ")
}

/**
 * Profiles a process: calls `work` with flags of Node, which starts the process, waits for its end, and returns the
 * number of its last milliseconds to profile.
 */
export const of = async (work: (flags: ReadonlyArray<string>) => Promise<number>): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "tempcred-bench-"))
  try {
    const milliseconds = await work(["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval=500"])
    const [file] = readdirSync(folder)
    if (file === undefined) throw new Error("the process wrote no profile")
    const profile: CpuProfile = JSON.parse(readFileSync(join(folder, file), "utf8"))
    return `of its thread's time in a profile of this run: ${told(profile, milliseconds)}`
  } finally {
    rmSync(folder, { recursive: true })
  }
}
