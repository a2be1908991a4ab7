/** How many credentials a process mints in a second, and what of a processor each costs it: everybody in a process of their own, taking turns. */
import type { Done } from "./contestant.ts"
import {
  bareFetch,
  beforeSpeechmatics,
  type Contestant,
  effectDoor,
  minter,
  minterOverFetch,
  sonioxNode,
  speechmatics,
  speechmaticsAuth,
  type Task,
  undiciPool
} from "./Contestants.ts"
import * as Load from "./Load.ts"
import * as Process from "./Process.ts"
import { atLeastTimes, compare, type Options, type Row } from "./Row.ts"

const callers = 32

interface Measured extends Done {
  readonly name: string
  /** How much of a processor the vendor used meanwhile. */
  readonly vendorShare: number
}

interface Vendor {
  readonly env: Readonly<Record<string, string>>
}

interface Pace {
  readonly rounds: number
  readonly milliseconds: number
  readonly warmUpMilliseconds: number
}

const race = async (
  vendorName: string,
  contestants: ReadonlyArray<Contestant>,
  { milliseconds, rounds, warmUpMilliseconds }: Pace
): Promise<ReadonlyArray<Measured>> => {
  await using vendor = await Process.serve<Vendor>(new URL("servers/vendor.ts", import.meta.url), [vendorName])
  const program = new URL("contestant.ts", import.meta.url)
  const racers = contestants.map(({ name }) => ({
    name,
    process: Process.consult<Task, Done>(program, [name], vendor.ready.env)
  }))
  try {
    // All are there before the first is measured.
    await Promise.all(racers.map((racer) => racer.process.ask({ callers: 1, milliseconds: 0 })))
    for (const racer of racers) await racer.process.ask({ callers, milliseconds: warmUpMilliseconds })
    const seen: Array<Measured> = []
    for (let round = 0; round < rounds; round++) {
      for (const { name, process } of racers) {
        const used = Load.used(vendor.pid)
        const done = await process.ask({ callers, milliseconds })
        seen.push({ ...done, name, vendorShare: (Load.used(vendor.pid) - used) / done.milliseconds })
      }
    }
    return seen
  } finally {
    await Promise.all(racers.map(({ process }) => process[Symbol.asyncDispose]()))
  }
}

const perSecond = ({ milliseconds, mints }: Done): number => mints / (milliseconds / 1000)
const cpu = ({ cpuMicroseconds, mints }: Done): number => cpuMicroseconds / mints

const rowOf = (
  seen: ReadonlyArray<Measured>,
  pick: (measured: Measured) => number,
  own: Contestant,
  others: ReadonlyArray<Contestant>
): Pick<Row, "ours" | "peers"> => {
  const of = ({ name }: Contestant) => ({ name, rounds: seen.filter((one) => one.name === name).map(pick) })
  return compare(of(own), others.map(of))
}

/** Whose rate was bound by the vendor, and not by themselves. */
const busy = (seen: ReadonlyArray<Measured>): string => {
  const shares = [...new Set(seen.map(({ name }) => name))].map((name) => {
    const all = seen.filter((one) => one.name === name)
    const share = all.reduce((sum, { vendorShare }) => sum + vendorShare, 0) / all.length
    return `${Math.round(share * 100)} % with ${name}`
  })
  return `the vendor's process, which is one thread, used of a processor ${shares.join(", ")}: near 100 % it bounds the rate, and not the client`
}

const obstacle =
  "the pool of undici, which does nothing but send, costs a third of what @soniox/node does, and is bound by the vendor's process; beyond sending, a CPU profile of ours is flat: a quarter is Effect's fibers, a twentieth its schemas, and no function has more than some 2 %"

const others = [sonioxNode, bareFetch, undiciPool]
const contestants = [effectDoor, minter, minterOverFetch, ...others]

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const pace: Pace = quick
    ? { rounds: 3, milliseconds: 150, warmUpMilliseconds: 400 }
    : { rounds: 15, milliseconds: 1000, warmUpMilliseconds: 4000 }
  const seen = await race("soniox", contestants, pace)
  const keys = await race("speechmatics", beforeSpeechmatics, pace)
  const throughEffect = rowOf(seen, perSecond, effectDoor, others)
  const throughPromises = rowOf(seen, perSecond, minter, [minterOverFetch, ...others])
  const how = `median of ${pace.rounds} rounds of ${pace.milliseconds} ms, after ${pace.warmUpMilliseconds} ms each to warm up`
  const rate = { unit: "mints/s", better: "more" } as const
  const work = { unit: "µs", note: `${how}; user and system time of the process that mints` } as const
  return [
    {
      ...throughEffect,
      ...rate,
      question: `Mints in a second, ${callers} at a time: the Effect door`,
      targets: [
        { ...atLeastTimes(3, throughEffect, sonioxNode.name), obstacle },
        atLeastTimes(0.6, throughEffect, undiciPool.name)
      ],
      note: `${how}; ${busy(seen)}`
    },
    {
      ...throughPromises,
      ...rate,
      question: "The same through the Promise door",
      targets: [{ ...atLeastTimes(2.5, throughPromises, sonioxNode.name), obstacle }],
      note: "of the same rounds"
    },
    {
      ...rowOf(seen, cpu, effectDoor, [minter, minterOverFetch, ...others]),
      ...work,
      question: "Processor time that each of these mints costs the client"
    },
    {
      ...rowOf(keys, perSecond, speechmatics, [speechmaticsAuth]),
      ...rate,
      question: `Mints in a second, ${callers} at a time, before Speechmatics: the Promise door`,
      note: `${how}; ${busy(keys)}`
    },
    {
      ...rowOf(keys, cpu, speechmatics, [speechmaticsAuth]),
      ...work,
      question: "Processor time that each of these mints costs the client, before Speechmatics"
    }
  ]
}
