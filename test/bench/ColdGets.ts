/** Concurrent gets of one scope with an empty cache: the number of mints, and the time beyond one mint. */
import type { Door } from "./Door.ts"
import { ours } from "./Ours.ts"
import { peers } from "./Peers.ts"
import { run } from "./Process.ts"
import { apart, atMost, compareApart, type Options, type Row } from "./Row.ts"
import * as Vendor from "./Vendor.ts"

const gets = 10_000
const mintMilliseconds = 20
const limit = 25

/** The usual lateness of a timer in milliseconds; further lateness is caused by the callers. */
const lateness = 2

export interface Crowd {
  readonly mints: number
  /** The milliseconds from the first get to the last result, minus the mint. */
  readonly beyond: number
}

const crowd = async ({ open }: Door, callers: number): Promise<Crowd> => {
  const vendor = Vendor.make({ lifeSeconds: 3600, milliseconds: mintMilliseconds })
  const get = open(vendor)
  const start = performance.now()
  await Promise.all(Array.from({ length: callers }, get))
  const taken = performance.now() - start
  return { mints: vendor.mints(), beyond: taken - Math.min(vendor.underway(), mintMilliseconds + lateness) }
}

/** Measures rounds of concurrent gets, each with a new cache. */
export const crowds = async (door: Door, rounds: number, callers = gets): Promise<ReadonlyArray<Crowd>> => {
  const seen: Array<Crowd> = []
  for (let round = 0; round < rounds; round++) seen.push(await crowd(door, callers))
  return seen
}

const probe = new URL("probe.ts", import.meta.url)

/** Measures all contestants in several processes. */
const watch = async (processes: number, rounds: number) => {
  const see = async ({ name }: Door) => {
    const seen: Array<Crowd> = []
    for (let started = 0; started < processes; started++)
      seen.push(...(await run<ReadonlyArray<Crowd>>(probe, ["crowds", name, rounds])))
    return { name, seen }
  }
  const own = await see(ours)
  const others: Array<typeof own> = []
  for (const peer of peers) others.push(await see(peer))
  return (pick: (one: Crowd) => number) => {
    const numbers = ({ name, seen }: typeof own) => ({ name, rounds: seen.map(pick) })
    return compareApart(numbers(own), others.map(numbers))
  }
}

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const processes = quick ? 1 : 9
  const rounds = quick ? 3 : 25
  const first = await watch(processes, 1)
  const warm = await watch(1, rounds)
  const mints = warm((one) => one.mints)
  const question = `${gets.toLocaleString("en")} concurrent cold gets of one scope`
  const late = (measured: Pick<Row, "ours" | "peers">) => ({
    ...measured,
    unit: "ms",
    targets: [atMost(limit, "ms", measured.ours)]
  })
  const note = `median of ${rounds} rounds with a new cache each; everybody in a process of their own; ${apart}`
  return [
    {
      ...mints,
      question: `${question}: mints`,
      unit: "mints",
      targets: [{ promise: "1 mint in every round", reached: mints.ours.spread?.[1] === 1 }],
      note
    },
    {
      ...late(warm((one) => one.beyond)),
      question: `${question}: time beyond the mint of ${mintMilliseconds} ms`,
      note
    },
    {
      ...late(first((one) => one.beyond)),
      question: `${question}, the first thing that a process does: time beyond the mint of ${mintMilliseconds} ms`,
      note: `median over ${processes} of their processes; the crowd meets code that is not compiled yet; ${apart}`
    }
  ]
}
