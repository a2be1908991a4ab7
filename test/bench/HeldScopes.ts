/** The memory of a cache with many scopes, beyond the credentials themselves. */
import { setImmediate } from "node:timers/promises"
import type { Door } from "./Door.ts"
import { ours } from "./Ours.ts"
import { peers } from "./Peers.ts"
import { run } from "./Process.ts"
import { atMost, type Figure, type Options, type Row } from "./Row.ts"
import * as Vendor from "./Vendor.ts"

const limit = 1024

/** Returns the bytes of the heap after a collection. */
export const used = async (): Promise<number> => {
  if (globalThis.gc === undefined) throw new Error("run this with --expose-gc")
  await setImmediate()
  await globalThis.gc({ execution: "async", type: "major" })
  return process.memoryUsage().heapUsed
}

/** Values that must not be collected before the process ends. */
const kept: Array<unknown> = []

/** Measures the heap bytes of a scope. */
export const heap = async (fill: Door["hold" | "bare"], count: number): Promise<number> => {
  const vendor = Vendor.make({ lifeSeconds: 3600, milliseconds: 0 })
  await fill(vendor, 100)
  const before = await used()
  kept.push(await fill(vendor, count))
  return ((await used()) - before) / count
}

const probe = new URL("probe.ts", import.meta.url)

/** Runs in parallel, as other work does not change the heap. */
const beyond = async (name: string, scopes: number): Promise<Figure> => {
  const [held, bare] = await Promise.all([
    run<number>(probe, ["hold", name, scopes]),
    run<number>(probe, ["bare", name, scopes])
  ])
  return { value: held - bare }
}

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const scopes = quick ? 10_000 : 100_000
  const own = await beyond(ours.name, scopes)
  const others: Array<readonly [name: string, figure: Figure]> = []
  for (const { name } of peers) others.push([name, await beyond(name, scopes)])
  return [
    {
      question: `${scopes.toLocaleString("en")} scopes held: memory a scope beyond its credential`,
      unit: "bytes",
      ours: own,
      peers: Object.fromEntries(others),
      targets: [atMost(limit, "bytes", own)],
      note: "heap after a collection, less that of as many credentials in an array, each in a process of its own; peers know no scopes and are held in a Map"
    }
  ]
}
