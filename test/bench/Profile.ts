/** What a process spends its thread's time on, by package: a run under the profiler that Node brings. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

interface Node {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
  readonly children?: ReadonlyArray<number>
}

/** As Node writes it: moments are in microseconds. */
export interface CpuProfile {
  readonly nodes: ReadonlyArray<Node>
  readonly startTime: number
  readonly endTime: number
  readonly samples: ReadonlyArray<number>
  readonly timeDeltas: ReadonlyArray<number>
}

/** What says nothing of the work. */
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

/** Nobody, for what the engine brings: its time is that of who called it. */
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
  // A caller comes before whom it calls.
  for (const { callFrame, id } of nodes)
    owners.set(id, ownerOf(callFrame) ?? owners.get(callers.get(id) ?? id) ?? "code that is not JavaScript")
  for (const { callFrame, id } of nodes) if (idle.includes(callFrame.functionName)) owners.delete(id)
  return owners
}

/** The share of each in the time that was not idle, of the last milliseconds; the largest comes first. */
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

/** In one line; what is hardly anything is added up. */
const told = (profile: CpuProfile, milliseconds: number): string => {
  const all = shares(profile, milliseconds)
  const parts = all.filter(([, share]) => share >= least)
  const rest = all.reduce((sum, [, share]) => sum + (share < least ? share : 0), 0)
  return [...parts, ...(rest > 0 ? [["others", rest] as const] : [])]
    .map(([owner, share]) => `${owner} ${Math.round(share * 100)} %`)
    .join(", ")
}

/**
 * Gives Node's flags to a work that starts one process with them, lets it end by itself, and tells how many of its last milliseconds count;
 * then says in a line what these were spent on.
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
