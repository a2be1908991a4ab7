/** What a benchmark says: a figure of ours beside the same figure of each peer, and whether ours is what we promise. */

export interface Figure {
  readonly value: number
  /** The lowest and the highest of all rounds. */
  readonly spread?: readonly [low: number, high: number] | undefined
  /** How many times a peer's figure ours is. */
  readonly ratio?: number | undefined
}

/** What is promised of our figure, and whether it is so in this run. */
export interface Target {
  readonly promise: string
  readonly reached: boolean
  /** Why it cannot be reached, told where it is missed. */
  readonly obstacle?: string | undefined
}

export interface Row {
  readonly question: string
  readonly unit: string
  /** Which figure is the good one. @default "less" */
  readonly better?: "less" | "more"
  readonly ours: Figure
  readonly peers: Readonly<Record<string, Figure>>
  /** What nobody can pass, and nobody would use instead. */
  readonly bounds?: Readonly<Record<string, Figure>> | undefined
  /** Nothing, where nothing is promised. */
  readonly targets?: ReadonlyArray<Target>
  /** How it was measured. */
  readonly note: string
}

export interface Options {
  /** Fewer rounds. */
  readonly quick: boolean
}

/** A contestant's numbers, round by round. */
export interface Rounds {
  readonly name: string
  readonly rounds: ReadonlyArray<number>
}

const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = numbers.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** The median of rounds. */
export const figure = ({ rounds }: Rounds): Figure => ({
  value: median(rounds),
  spread: [Math.min(...rounds), Math.max(...rounds)]
})

/** A figure that ours must not exceed. */
export const atMost = (limit: number, unit: string, { value }: Figure): Target => ({
  promise: `at most ${limit.toLocaleString("en")} ${unit}`,
  reached: value <= limit
})

/** Everybody's figure. */
export type Measured = Pick<Row, "ours" | "peers" | "bounds">

const ratioTo = ({ bounds, ours, peers }: Measured, name: string): number => {
  const peer = peers[name] ?? bounds?.[name]
  if (peer === undefined) throw new Error(`${name} did not take part`)
  return peer.ratio ?? ours.value / peer.value
}

/** A ratio in words. */
export const times = (ratio: number): string => (ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2))

/** How many times a peer's figure ours may be. */
export const atMostTimes = (limit: number, measured: Measured, name: string): Target => {
  const ratio = ratioTo(measured, name)
  return { promise: `at most ${limit} × ${name}: it is ${times(ratio)} ×`, reached: ratio <= limit }
}

/** How many times a peer's figure ours must be. */
export const atLeastTimes = (limit: number, measured: Measured, name: string): Target => {
  const ratio = ratioTo(measured, name)
  return { promise: `at least ${limit} × ${name}: it is ${times(ratio)} ×`, reached: ratio >= limit }
}

/** Medians of rounds that took turns. A ratio is that of rounds that ran one after the other, as what disturbs one often disturbs the next as well. */
export const compare = (
  ours: Rounds,
  peers: ReadonlyArray<Rounds>,
  bounds: ReadonlyArray<Rounds> = []
): Required<Measured> => {
  const ratio = (peer: Rounds) => median(ours.rounds.map((own, round) => own / (peer.rounds[round] ?? Number.NaN)))
  const all = (others: ReadonlyArray<Rounds>) =>
    Object.fromEntries(others.map((other) => [other.name, { ...figure(other), ratio: ratio(other) }]))
  return { ours: figure(ours), peers: all(peers), bounds: all(bounds) }
}

/** Medians of rounds of which everybody had all in a row, so that a ratio is that of the medians. */
export const compareApart = (ours: Rounds, peers: ReadonlyArray<Rounds>): Measured => ({
  ours: figure(ours),
  peers: Object.fromEntries(peers.map((peer) => [peer.name, figure(peer)]))
})

/** What a note says of such rounds. */
export const apart = "nobody took turns, so that a ratio is that of the figures"
