/** The time of a get with more scopes, more callers of one mint, and more processes that share one Redis. */
import { randomUUID } from "node:crypto"
import * as Fleet from "../src/support/fleet.ts"
import { find } from "../src/support/programs.ts"
import * as RedisServer from "../src/support/redis-server.ts"
import { crowds } from "./ColdGets.ts"
import type { Door } from "./Door.ts"
import { ours } from "./Ours.ts"
import { aws } from "./Peers.ts"
import { run } from "./Process.ts"
import { apart, compareApart, figure, type Options, type Row } from "./Row.ts"
import * as Vendor from "./Vendor.ts"

const gets = 100_000
const warmUp = 1

/** The number of mints that compile the code of a single caller. */
const loneWarmUp = 50
const probe = new URL("probe.ts", import.meta.url)

/** Makes a random order of scopes, which processor caches cannot predict. */
const shuffled = (scopes: number): ReadonlyArray<string> => {
  const subjects = Array.from({ length: scopes }, (_, scope) => `user-${scope}`)
  let chance = 1
  for (let left = scopes - 1; left > 0; left--) {
    chance = (chance * 48_271) % 2_147_483_647
    const other = chance % (left + 1)
    const one = subjects[left] ?? ""
    subjects[left] = subjects[other] ?? ""
    subjects[other] = one
  }
  return subjects
}

/** Measures the nanoseconds of a get with this number of scopes, for each round. */
const timeGets = async ({ hold }: Door, scopes: number, count: number): Promise<ReadonlyArray<number>> => {
  const ask = await hold(Vendor.make({ lifeSeconds: 3600, milliseconds: 0 }), scopes)
  const subjects = shuffled(scopes)
  const rounds: Array<number> = []
  for (let round = 0; round < warmUp + count; round++) {
    const start = process.hrtime.bigint()
    for (let asked = 0; asked < gets; asked++) await ask(subjects[asked % scopes] ?? "")
    if (round >= warmUp) rounds.push(Number(process.hrtime.bigint() - start) / gets)
  }
  return rounds
}

/** Measures the microseconds of each of these callers of one mint, for each round. */
const timeCallers = async (door: Door, callers: number, count: number): Promise<ReadonlyArray<number>> => {
  const first = callers === 1 ? loneWarmUp : warmUp
  const seen = await crowds(door, first + count, callers)
  return seen.slice(first).map(({ beyond }) => (beyond * 1000) / callers)
}

/** Measures the growth within one process; the callers come first, while the heap is small. */
export const growing = async (door: Door, most: number, count = 1) => ({
  onlyCaller: await timeCallers(door, 1, count),
  manyCallers: await timeCallers(door, 10_000, count),
  one: await timeGets(door, 1, count),
  some: await timeGets(door, 1000, count),
  many: await timeGets(door, most, count)
})

type Growing = Awaited<ReturnType<typeof growing>>

/** Measures our cache, and a peer with the simplest possible cache. */
const watch = async (quick: boolean): Promise<ReadonlyArray<Row>> => {
  const rounds = quick ? 2 : 15
  const most = quick ? 10_000 : 100_000
  const see = ({ name }: Door) => run<Growing>(probe, ["growing", name, most, rounds])
  const own = await see(ours)
  const other = await see(aws)
  const versus = (pick: (seen: Growing) => ReadonlyArray<number>) =>
    compareApart({ name: ours.name, rounds: pick(own) }, [{ name: aws.name, rounds: pick(other) }])
  return [...scopesOf(versus, most, rounds), ...callersOf(versus, rounds)]
}

type Versus = (pick: (seen: Growing) => ReadonlyArray<number>) => Pick<Row, "ours" | "peers">

const scopesOf = (versus: Versus, most: number, rounds: number): ReadonlyArray<Row> => {
  const some = versus((seen) => seen.some)
  const many = versus((seen) => seen.many)
  const one = versus((seen) => seen.one)
  const ratio = many.ours.value / one.ours.value
  const ratioOfMap = (many.peers[aws.name]?.value ?? Number.NaN) / (one.peers[aws.name]?.value ?? Number.NaN)
  const note = `median of ${rounds} rounds of ${gets.toLocaleString("en")} awaited gets of scopes in a random order, in a process of its own; an AWS memoizer knows no scopes and is in a Map by the subject alone; ${apart}`
  return [
    { ...one, question: "A cached get of the only scope", unit: "ns", note },
    { ...some, question: "A cached get among 1,000 scopes", unit: "ns", note },
    {
      ...many,
      question: `A cached get among ${most.toLocaleString("en")} scopes`,
      unit: "ns",
      targets: [
        {
          promise: `flat per get, at most 2 × that of the only scope: it is ${ratio.toFixed(1)} ×`,
          reached: ratio <= 2,
          obstacle: `a plain Map of an AWS memoizer grows ${ratioOfMap.toFixed(1)} × in the same run, as so many scopes fit no processor's caches`
        }
      ],
      note
    }
  ]
}

const callersOf = (versus: Versus, rounds: number): ReadonlyArray<Row> => {
  const only = versus((seen) => seen.onlyCaller)
  const many = versus((seen) => seen.manyCallers)
  const note = `median of ${rounds} rounds with a new cache each, which the first get builds, from that get to the last answer without what the mint took, in a process of its own; ${apart}`
  return [
    { ...only, question: "The only caller waits for a cold mint: time beyond it", unit: "µs", note },
    {
      ...many,
      question: "10,000 callers wait for one cold mint: time for each",
      unit: "µs",
      targets: [
        {
          promise: "at most that of the only caller, which pays for the whole mint",
          reached: many.ours.value <= only.ours.value
        }
      ],
      note
    }
  ]
}

/** Counts the mints per scope of this number of processes, which request the same scopes at once. */
const fleetOf = async (redisUrl: string, processes: number, scopes: number): Promise<number> => {
  await using fleet = await Fleet.make(redisUrl)
  // A long time limit for Redis, as many processes share few processors here.
  const all = await fleet.workers(processes, { limit: 10_000 })
  for (let scope = 0; scope < scopes; scope++) {
    const request = { purpose: "stt.realtime", subject: randomUUID() } as const
    const answers = await Promise.all(all.map((worker) => worker.mint(request, { times: 10 })))
    for (const { error } of answers) if (error !== undefined) throw new Error(error)
  }
  return fleet.mints() / scopes
}

const fleetsOf = async (quick: boolean): Promise<ReadonlyArray<Row>> => {
  const program = find(["redis-server", "valkey-server"])
  if (program === undefined) {
    process.stderr.write(
      "redis-server is not on this machine, so fleets are not measured: apt-get install redis-server\n"
    )
    return []
  }
  await using redis = await RedisServer.make(program)
  await redis.start()
  const sizes = quick ? [2] : [1, 2, 4, 8]
  const scopes = 20
  const mints: Array<number> = []
  for (const size of sizes) mints.push(await fleetOf(redis.url, size, scopes))
  return [
    {
      question: `A fleet of up to ${Math.max(...sizes)} processes that share through one Redis: mints a scope`,
      unit: "mints",
      ours: figure({ name: ours.name, rounds: mints }),
      peers: {},
      targets: [{ promise: "1 mint for a fleet of every size", reached: mints.every((count) => count === 1) }],
      note: `${sizes.join(", ")} processes and a Redis of their own; each process asks for ${scopes} scopes ten times at once; without sharing, each process mints once`
    }
  ]
}

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => [
  ...(await watch(quick)),
  ...(await fleetsOf(quick))
]
