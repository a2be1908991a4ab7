/** A row of a benchmark: our figure, the same figure of each peer, and our targets. */

export interface Figure {
  readonly value: number
  /** The lowest and the highest figure of all rounds. */
  readonly spread?: readonly [low: number, high: number] | undefined
  /** Our figure divided by the peer's. */
  readonly ratio?: number | undefined
}

/** A target of our figure, and its result in this run. */
export interface Target {
  readonly promise: string
  readonly reached: boolean
  /** The reason that it cannot be reached, shown if it is missed. */
  readonly obstacle?: string | undefined
}

export interface Row {
  readonly question: string
  readonly unit: string
  /** The better direction. @default "less" */
  readonly better?: "less" | "more"
  readonly ours: Figure
  readonly peers: Readonly<Record<string, Figure>>
  /** Theoretical limits, which are not competitors. */
  readonly bounds?: Readonly<Record<string, Figure>> | undefined
  /** The targets, if any. */
  readonly targets?: ReadonlyArray<Target>
  /** The method of measurement. */
  readonly note: string
}

export interface Options {
  /** Runs fewer rounds. */
  readonly quick: boolean
}

/** A contestant's figures for each round. */
export interface Rounds {
  readonly name: string
  readonly rounds: ReadonlyArray<number>
}

const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = numbers.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** Returns the median of rounds. */
export const figure = ({ rounds }: Rounds): Figure => ({
  value: median(rounds),
  spread: [Math.min(...rounds), Math.max(...rounds)]
})

/** Makes a target with an upper limit. */
export const atMost = (limit: number, unit: string, { value }: Figure): Target => ({
  promise: `at most ${limit.toLocaleString("en")} ${unit}`,
  reached: value <= limit
})

/** The figures of all contestants. */
export type Measured = Pick<Row, "ours" | "peers" | "bounds">

const ratioTo = ({ bounds, ours, peers }: Measured, name: string): number => {
  const peer = peers[name] ?? bounds?.[name]
  if (peer === undefined) throw new Error(`${name} did not take part`)
  return peer.ratio ?? ours.value / peer.value
}

/** Formats a ratio. */
export const times = (ratio: number): string => (ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2))

/** Makes a target with an upper limit relative to a peer. */
export const atMostTimes = (limit: number, measured: Measured, name: string): Target => {
  const ratio = ratioTo(measured, name)
  return { promise: `at most ${limit} × ${name}: it is ${times(ratio)} ×`, reached: ratio <= limit }
}

/** Makes a target with a lower limit relative to a peer. */
export const atLeastTimes = (limit: number, measured: Measured, name: string): Target => {
  const ratio = ratioTo(measured, name)
  return { promise: `at least ${limit} × ${name}: it is ${times(ratio)} ×`, reached: ratio >= limit }
}

/**
 * Compares medians of alternating rounds. A ratio is that of consecutive rounds, as a disturbance often affects both.
 */
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

/** Compares medians of rounds that did not alternate; a ratio is that of the medians. */
export const compareApart = (ours: Rounds, peers: ReadonlyArray<Rounds>): Measured => ({
  ours: figure(ours),
  peers: Object.fromEntries(peers.map((peer) => [peer.name, figure(peer)]))
})

/** The note about such rounds. */
export const apart = "rounds did not alternate, so that a ratio is that of the figures"
