/**
 * Two hundred callers at a vendor with a limit of twenty calls a second: the achieved share of the limit, and the
 * share of refused calls.
 */
import { callers, type Contestant, ours, peers, rest, told } from "./LimitedContestants.ts"
import * as LimitedVendor from "./LimitedVendor.ts"
import { type Figure, figure, type Options, type Row } from "./Row.ts"

export interface Limited {
  /** The share of the vendor's rate that was achieved, in percent, and the share of calls that it refused. */
  readonly rate: number
  readonly refused: number
}

const result = (vendor: LimitedVendor.LimitedVendor, seconds: number): Limited => ({
  rate: (100 * vendor.taken()) / (seconds * LimitedVendor.perSecond),
  refused: (100 * vendor.refused()) / (vendor.refused() + vendor.taken())
})

const limit = async ({ load }: Contestant, tells: boolean, seconds: number): Promise<ReadonlyArray<Limited>> => {
  const seen: Array<Limited> = []
  for (const kind of LimitedVendor.all) {
    const vendor = LimitedVendor.make(kind, tells)
    await load(vendor, seconds)
    seen.push(result(vendor, seconds))
  }
  return seen
}

/** Measures our library at a vendor of each kind, with or without the limit in the app's configuration. */
export const ourLimits = (limitIsTold: boolean, seconds: number): Promise<ReadonlyArray<Limited>> =>
  limit(limitIsTold ? told : ours, false, seconds)

type Seen = ReadonlyArray<Limited>

const rowsOf = (
  question: string,
  note: string,
  mine: Seen,
  others: ReadonlyArray<readonly [name: string, seen: Seen]>
) => {
  const figures = (pick: (one: Limited) => number): Pick<Row, "ours" | "peers"> => {
    const over = (seen: Seen): Figure => figure({ name: "", rounds: seen.map(pick) })
    return { ours: over(mine), peers: Object.fromEntries(others.map(([name, seen]) => [name, over(seen)])) }
  }
  const rows: ReadonlyArray<Row> = [
    {
      ...figures(({ rate }) => rate),
      question: `${question}: achieved share of its rate`,
      unit: "%",
      better: "more",
      targets: [
        {
          promise: "at least 93 % with each of the three",
          reached: mine.every(({ rate }) => rate >= 93),
          obstacle:
            "a vendor that counts in windows does not return the time lost to a refusal; configure the limit if it is known, as in the third pair of tables"
        }
      ],
      note
    },
    {
      ...figures(({ refused }) => refused),
      question: `${question}: share of refused calls`,
      unit: "%",
      targets: [{ promise: "at most 5 % with each of the three", reached: mine.every(({ refused }) => refused <= 5) }],
      note
    }
  ]
  return rows
}

const vendor = `${callers} callers at a vendor of ${LimitedVendor.perSecond} mints a second`

const noteOf = (seconds: number): string =>
  `virtual time, ${seconds} s from the first call on; the median of three vendors that count in a fixed window, a sliding window and a token bucket; who gives up asks again after ${rest / 1000} s`

const measure = async (tells: boolean, seconds: number): Promise<ReadonlyArray<Row>> => {
  const mine = await limit(ours, tells, seconds)
  const others: Array<readonly [name: string, seen: Seen]> = []
  for (const contestant of peers) others.push([contestant.name, await limit(contestant, tells, seconds)])
  return rowsOf(`${vendor}, whose 429 ${tells ? "has" : "lacks"} Retry-After`, noteOf(seconds), mine, others)
}

/** The times of the only refusal, and of full service again: five seconds after the hold, in milliseconds. */
const quiet = 12_000
const again = quiet + 6000

/** Returns the times of calls: two a second before the refusal, and this number a second after it. */
const momentsOf = (busy: number, seconds: number): ReadonlyArray<number> => [
  ...Array.from({ length: (quiet / 1000) * 2 }, (_, index) => index * 500),
  ...Array.from({ length: seconds * busy }, (_, index) => quiet + (index * 1000) / busy)
]

const afterStray = async ({ steadily }: Contestant, busy: number, seconds: number): Promise<number> => {
  const late = momentsOf(busy, seconds).filter((at) => at >= again)
  const served = await steadily(LimitedVendor.healthy(quiet), momentsOf(busy, seconds))
  return (100 * served.filter((at) => at >= again).length) / late.length
}

/** Measures the share of calls that our library serves from five seconds after the hold on, in percent. */
export const ourAfterStray = (busy: number, seconds: number): Promise<number> => afterStray(ours, busy, seconds)

const stray = async (seconds: number): Promise<Row> => {
  const busy = 20
  const figureOf = async (contestant: Contestant) =>
    figure({ name: contestant.name, rounds: [await afterStray(contestant, busy, seconds)] })
  const mine = await figureOf(ours)
  const others: Array<readonly [string, Figure]> = []
  for (const contestant of peers) others.push([contestant.name, await figureOf(contestant)])
  return {
    ours: mine,
    peers: Object.fromEntries(others),
    question: `A healthy vendor with one stray 429, asked for 2 mints a second before it and ${busy} after it: share that is served from 5 s after the hold`,
    unit: "%",
    better: "more",
    targets: [{ promise: "at least 98 %", reached: mine.value >= 98 }],
    note: `virtual time; Retry-After is 1 s, an answer takes 5 ms, and ${seconds} s follow the refusal`
  }
}

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const seconds = quick ? 15 : 300
  return [
    ...(await measure(false, seconds)),
    ...(await measure(true, seconds)),
    ...rowsOf(`${vendor}, which the app tells the gate`, noteOf(seconds), await ourLimits(true, seconds), []),
    await stray(quick ? 15 : 60)
  ]
}
