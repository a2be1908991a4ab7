/** The time of a get of a single-use credential under a steady load, with credentials minted ahead. */
import * as Minter from "@tempcred/core/Minter"
import * as Pool from "@tempcred/core/WarmPool"
import * as Layer from "effect/Layer"
import { createPool } from "generic-pool"
import { setTimeout as sleep } from "node:timers/promises"
import type { Get } from "./Door.ts"
import { adapter, request, transport } from "./Ours.ts"
import { run } from "./Process.ts"
import { apart, atMost, compareApart, type Options, type Row } from "./Row.ts"
import * as Vendor from "./Vendor.ts"

const perSecond = 50
const mintMilliseconds = 100
const limit = 1

/** At this rate, five credentials are used during one mint. */
const kept = { min: 10, max: 20 }

interface Source {
  readonly name: string
  readonly open: (vendor: Vendor.Vendor) => Get
}

const minter =
  (wrap: (provider: ReturnType<typeof adapter>) => ReturnType<typeof adapter>) => (vendor: Vendor.Vendor) => {
    const { mint } = Minter.make(wrap(adapter(vendor)), { transport: transport(vendor) })
    return () => mint({ ...request(), singleUse: true })
  }

const ours: Source = {
  name: "tempcred",
  open: minter((provider) => Pool.layer(kept).pipe(Layer.provide(provider)))
}

/** A pool that chooses its size. */
const learning: Source = {
  name: "tempcred, its size learned",
  open: minter((provider) => Pool.layer({ max: kept.max }).pipe(Layer.provide(provider)))
}

const unpooled: Source = { name: "tempcred without a pool", open: minter((provider) => provider) }

/** A pool for connections, which are returned to it; a credential is destroyed instead, and replaced. */
const genericPool: Source = {
  name: "generic-pool",
  open: (vendor) => {
    const pool = createPool({ create: vendor.mint, destroy: async () => {} }, kept)
    return async () => {
      const credential = await pool.acquire()
      void pool.destroy(credential)
      return credential
    }
  }
}

const peers = [learning, genericPool, unpooled]

export const sources: ReadonlyArray<Source> = [ours, ...peers]

const timed = async (get: Get): Promise<number> => {
  const start = performance.now()
  await get()
  return performance.now() - start
}

/** Measures the milliseconds of each get; gets do not wait for earlier ones. */
export const watch = async (
  { open }: Source,
  seconds: number,
  warmUpSeconds: number
): Promise<ReadonlyArray<number>> => {
  const get = open(Vendor.make({ lifeSeconds: 3600, milliseconds: mintMilliseconds }))
  const start = performance.now()
  const gets: Array<Promise<number>> = []
  for (let asked = 0; asked < (seconds + warmUpSeconds) * perSecond; asked++) {
    await sleep(Math.max(0, start + (asked * 1000) / perSecond - performance.now()))
    gets.push(timed(get))
  }
  return (await Promise.all(gets)).slice(warmUpSeconds * perSecond)
}

const program = new URL("steady.ts", import.meta.url)

/** Returns a percentile of durations. */
const percentile = (durations: ReadonlyArray<number>, percent: number): number =>
  durations.toSorted((one, other) => one - other)[Math.ceil((durations.length * percent) / 100) - 1] ?? Number.NaN

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const [seconds, warmUpSeconds] = quick ? [1, 1] : [20, 3]
  // Runs in parallel, as there is little work.
  const seen = await Promise.all(
    sources.map(async ({ name }) => ({
      name,
      durations: await run<ReadonlyArray<number>>(program, [name, seconds, warmUpSeconds])
    }))
  )
  const figures = (percent: number) => {
    const [own = { name: "tempcred", rounds: [] }, ...others] = seen.map(({ durations, name }) => ({
      name,
      rounds: [percentile(durations, percent)]
    }))
    return compareApart(own, others)
  }
  const late = figures(99)
  const unit = "ms"
  const question = "A get of a credential for one use, out of a warm pool"
  const note = `of ${seconds * perSecond} gets, ${perSecond} in a second, before a vendor that takes ${mintMilliseconds} ms; after ${warmUpSeconds} s of the same, in a process of their own, all at once: ${apart}`
  return [
    {
      ...late,
      question: `${question}: the 99th percentile`,
      unit,
      targets: [atMost(limit, unit, late.ours)],
      note: `${note}; pools keep ${kept.min} to ${kept.max}, and the one that learns begins with 1`
    },
    { ...figures(50), question: `${question}: the median`, unit, note },
    { ...figures(100), question: `${question}: the slowest`, unit, note }
  ]
}
