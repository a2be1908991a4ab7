/**
 * The mints per second of a process, and the processor time of a mint: each contestant in its own process, in
 * alternating rounds.
 */
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
import * as Profile from "./Profile.ts"
import { atLeastTimes, compare, type Options, type Row, times } from "./Row.ts"

const callers = 32

interface Measured extends Done {
  readonly name: string
  /** The vendor's share of a processor meanwhile. */
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

const program = new URL("contestant.ts", import.meta.url)

const serveVendor = (name: string): Promise<Process.Serving<Vendor>> =>
  Process.serve(new URL("servers/vendor.ts", import.meta.url), [name, "replayed"])

const race = async (
  vendorName: string,
  contestants: ReadonlyArray<Contestant>,
  { milliseconds, rounds, warmUpMilliseconds }: Pace
): Promise<ReadonlyArray<Measured>> => {
  await using vendor = await serveVendor(vendorName)
  const racers = contestants.map(({ name }) => ({
    name,
    process: Process.consult<Task, Done>(program, [name], vendor.ready)
  }))
  try {
    // Waits until all processes are ready.
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

/** From this share on, the vendor's processor limits the rate. */
const full = 0.9

const busy = (seen: ReadonlyArray<Measured>): string => {
  const shares = [...new Set(seen.map(({ name }) => name))].map((name) => {
    const all = seen.filter((one) => one.name === name)
    return { name, share: all.reduce((sum, { vendorShare }) => sum + vendorShare, 0) / all.length }
  })
  const bound = shares.filter(({ share }) => share > full).map(({ name }) => name)
  const used = shares.map(({ name, share }) => `${Math.round(share * 100)} % with ${name}`).join(", ")
  const told = `the vendor is one thread, which used of a processor ${used}`
  return bound.length === 0 ? told : `${told}: it is the vendor that bounds the figure of ${bound.join(" and of ")}`
}

/** Profiles one warm contestant alone. */
const profile = (vendorName: string, { name }: Contestant, { milliseconds, warmUpMilliseconds }: Pace) =>
  Profile.of(async (flags) => {
    await using vendor = await serveVendor(vendorName)
    await using racer = Process.consult<Task, Done>(program, [name], { env: vendor.ready.env, flags })
    await racer.ask({ callers, milliseconds: warmUpMilliseconds })
    return (await racer.ask({ callers, milliseconds: 4 * milliseconds })).milliseconds
  })

/** Explains a missed target: the cost of sending alone, and the profile of our mints. */
const obstacle = async (contestant: Contestant, seen: ReadonlyArray<Measured>, pace: Pace): Promise<string> => {
  const { ours: sending } = rowOf(seen, cpu, undiciPool, [])
  const { ours: client } = rowOf(seen, cpu, sonioxNode, [])
  const most = `${undiciPool.name}, which only sends, takes ${times(sending.value / client.value)} × the processor time of ${sonioxNode.name}`
  return `${most}; ours, ${await profile("soniox", contestant, pace)}`
}

const replayed =
  "answers are the emulator's, replayed by a server that does nothing else, as the emulator itself was the bound"

const others = [sonioxNode, bareFetch, undiciPool]
const overFetch = [sonioxNode, bareFetch]
const contestants = [effectDoor, minter, minterOverFetch, ...others]

const rate = { unit: "mints/s", better: "more" } as const
const manner = `${callers} at a time`

interface Race {
  readonly seen: ReadonlyArray<Measured>
  readonly how: string
}

const doors = async ({ how, seen }: Race, pace: Pace, quick: boolean): Promise<ReadonlyArray<Row>> => {
  const throughEffect = rowOf(seen, perSecond, effectDoor, others)
  const throughPromises = rowOf(seen, perSecond, minter, others)
  const why = async (contestant: Contestant) => (quick ? undefined : await obstacle(contestant, seen, pace))
  const whyEffect = await why(effectDoor)
  return [
    {
      ...throughEffect,
      ...rate,
      question: `Mints in a second, ${manner}, through the Effect door`,
      targets: [
        { ...atLeastTimes(3, throughEffect, sonioxNode.name), obstacle: whyEffect },
        { ...atLeastTimes(0.6, throughEffect, undiciPool.name), obstacle: whyEffect }
      ],
      note: `${how}; ${busy(seen)}`
    },
    {
      ...throughPromises,
      ...rate,
      question: `Mints in a second, ${manner}, through the Promise door`,
      targets: [{ ...atLeastTimes(2.5, throughPromises, sonioxNode.name), obstacle: await why(minter) }],
      note: `${how}; these are rounds of the same race`
    },
    {
      ...rowOf(seen, perSecond, minterOverFetch, overFetch),
      ...rate,
      question: `Mints in a second, ${manner}, through the Promise door over the platform's fetch`,
      note: `${how}; these are rounds of the same race`
    }
  ]
}

const work = { unit: "µs" } as const

const costs = ({ how, seen }: Race): ReadonlyArray<Row> => {
  const note = `${how}; user and system time of the process that mints`
  return [
    {
      ...rowOf(seen, cpu, effectDoor, [minter, ...others]),
      ...work,
      question: `Processor time of a mint, ${manner}, through the Effect door`,
      note
    },
    {
      ...rowOf(seen, cpu, minterOverFetch, overFetch),
      ...work,
      question: `Processor time of a mint, ${manner}, through the Promise door over the platform's fetch`,
      note
    }
  ]
}

const beforeAnother = ({ how, seen }: Race): ReadonlyArray<Row> => [
  {
    ...rowOf(seen, perSecond, speechmatics, [speechmaticsAuth]),
    ...rate,
    question: `Mints in a second, ${manner}, before Speechmatics, through the Promise door`,
    note: `${how}; ${busy(seen)}`
  },
  {
    ...rowOf(seen, cpu, speechmatics, [speechmaticsAuth]),
    ...work,
    question: `Processor time of a mint, ${manner}, before Speechmatics, through the Promise door`,
    note: `${how}; user and system time of the process that mints`
  }
]

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const pace: Pace = quick
    ? { rounds: 2, milliseconds: 150, warmUpMilliseconds: 200 }
    : { rounds: 15, milliseconds: 1000, warmUpMilliseconds: 4000 }
  const how = `median of ${pace.rounds} rounds of ${pace.milliseconds} ms, after ${pace.warmUpMilliseconds} ms each to warm up; ${replayed}`
  const atSoniox = { how, seen: await race("soniox", contestants, pace) }
  const atSpeechmatics = { how, seen: await race("speechmatics", beforeSpeechmatics, pace) }
  return [...(await doors(atSoniox, pace, quick)), ...costs(atSoniox), ...beforeAnother(atSpeechmatics)]
}
