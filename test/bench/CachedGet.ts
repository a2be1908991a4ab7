/** The time of a get with a fresh cached credential: all contestants in one process, in alternating rounds. */
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Cache from "effect/Cache"
import * as Effect from "effect/Effect"
import type { Ask, Door } from "./Door.ts"
import { layer, ours, request } from "./Ours.ts"
import { aws, peers } from "./Peers.ts"
import { atMost, atMostTimes, compare, type Options, type Row } from "./Row.ts"
import * as Vendor from "./Vendor.ts"

const gets = 100_000
const fewGets = 5000
const warmUp = 2

/** The time limit of a round; slow contestants make fewer gets. */
const roundNanoseconds = 20_000_000
const limit = 1.5
const effectLimit = 1000

/** Measures the nanoseconds of a get, over all scopes in turn. */
const time = async (ask: Ask, subjects: ReadonlyArray<string>, count: number): Promise<number> => {
  const start = process.hrtime.bigint()
  let asked = 0
  for (; asked < count; asked += subjects.length) {
    for (const subject of subjects) await ask(subject)
  }
  return Number(process.hrtime.bigint() - start) / asked
}

const start = (open: (door: Door, vendor: Vendor.Vendor) => Promise<Ask>) => async (door: Door) => ({
  name: door.name,
  ask: await open(door, Vendor.make({ lifeSeconds: 3600, milliseconds: 0 })),
  rounds: Array.of<number>()
})

const measure = async (scopes: number, rounds: number): Promise<Pick<Row, "ours" | "peers">> => {
  const subjects = Array.from({ length: scopes }, (_, scope) => `user-${scope}`)
  const begin = start(({ hold, open }, vendor) => (scopes === 1 ? Promise.resolve(open(vendor)) : hold(vendor, scopes)))
  const own = await begin(ours)
  const others = await Promise.all(peers.map(begin))
  const counts = new Map<string, number>()
  for (const { ask, name } of [own, ...others]) {
    const nanoseconds = await time(ask, subjects, fewGets)
    counts.set(name, Math.min(gets, Math.ceil(roundNanoseconds / nanoseconds)))
  }
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const contestant of [own, ...others]) {
      const nanoseconds = await time(contestant.ask, subjects, counts.get(contestant.name) ?? gets)
      if (round >= warmUp) contestant.rounds.push(nanoseconds)
    }
  }
  return compare(own, others)
}

/** Measures the nanoseconds of a get within one fiber. */
const timeInFiber = Effect.fnUntraced(function* <E>(get: () => Effect.Effect<unknown, E>) {
  const begun = process.hrtime.bigint()
  for (let asked = 0; asked < gets; asked++) yield* get()
  return Number(process.hrtime.bigint() - begun) / gets
})

/** Measures gets within one fiber, also of Effect's own cache. */
const measureInFiber = Effect.fnUntraced(function* (vendor: Vendor.Vendor, rounds: number) {
  const { mint } = yield* TempCredentialProvider
  const cache = yield* Cache.make({
    capacity: 100,
    lookup: (_: string) => Effect.promise(vendor.mint),
    timeToLive: "1 hour"
  })
  const contestants = [
    { name: ours.name, run: timeInFiber(() => mint(request())), rounds: Array.of<number>() },
    { name: "Effect Cache", run: timeInFiber(() => Cache.get(cache, "user-1")), rounds: Array.of<number>() }
  ] as const
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const contestant of contestants) {
      const nanoseconds = yield* contestant.run
      if (round >= warmUp) contestant.rounds.push(nanoseconds)
    }
  }
  const [own, ...others] = contestants
  return compare(own, others)
})

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const rounds = quick ? 9 : 31
  const note = `median of ${rounds} rounds of up to ${gets.toLocaleString("en")} awaited gets, taking turns in one process`
  const one = await measure(1, rounds)
  const many = await measure(100, rounds)
  const vendor = Vendor.make({ lifeSeconds: 3600, milliseconds: 0 })
  const inFiber = await Effect.runPromise(Effect.provide(measureInFiber(vendor, rounds), layer(vendor)))
  return [
    {
      ...one,
      question: "A cached get through the Promise door",
      unit: "ns",
      targets: [atMostTimes(limit, one, aws.name)],
      note
    },
    {
      ...many,
      question: "A cached get through the Promise door, of 100 scopes in turn",
      unit: "ns",
      note: `${note}; peers know no scopes, so that they are in a Map by the subject alone`
    },
    {
      ...inFiber,
      question: "A cached get through the Effect door",
      unit: "ns",
      targets: [atMost(effectLimit, "ns", inFiber.ours)],
      note: `median of ${rounds} rounds of ${gets.toLocaleString("en")} gets of one running fiber, taking turns`
    }
  ]
}
