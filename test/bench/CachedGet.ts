/** How long a get takes that finds a fresh credential: everybody in one process, in rounds that take turns. */
import type { Ask, Door } from "./Door.ts"
import { ours } from "./Ours.ts"
import { aws, peers } from "./Peers.ts"
import { compare, type Options, type Row } from "./Row.ts"
import * as Vendor from "./Vendor.ts"

const gets = 100_000
const warmUp = 2
const limit = 1.5

/** In nanoseconds a get, each scope in its turn. */
const time = async (ask: Ask, subjects: ReadonlyArray<string>): Promise<number> => {
  const start = process.hrtime.bigint()
  for (let asked = 0; asked < gets; asked += subjects.length) {
    for (const subject of subjects) await ask(subject)
  }
  return Number(process.hrtime.bigint() - start) / gets
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
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const contestant of [own, ...others]) {
      const nanoseconds = await time(contestant.ask, subjects)
      if (round >= warmUp) contestant.rounds.push(nanoseconds)
    }
  }
  return compare(own, others)
}

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const rounds = quick ? 9 : 31
  const note = `median of ${rounds} rounds of ${gets.toLocaleString("en")} awaited gets, taking turns in one process`
  const one = await measure(1, rounds)
  const many = await measure(100, rounds)
  const ratio = one.peers[aws.name]?.ratio ?? Number.NaN
  return [
    {
      ...one,
      question: "A cached get through the Promise door",
      unit: "ns",
      ratio,
      target: `at most ${limit} × ${aws.name}`,
      reached: ratio <= limit,
      note
    },
    {
      ...many,
      question: "The same for 100 scopes in turn",
      unit: "ns",
      ratio: many.peers[aws.name]?.ratio,
      note: `${note}; peers know no scopes, so that they are in a Map by the subject alone`
    }
  ]
}
