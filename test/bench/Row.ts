/** What a benchmark says: a figure of ours beside the same figure of each peer, and whether ours is what we promise. */

export interface Figure {
  readonly value: number
  /** The lowest and the highest of all rounds. */
  readonly spread?: readonly [low: number, high: number] | undefined
  /** How many times a peer's figure ours is; below 1, ours is better. */
  readonly ratio?: number | undefined
}

/** The less, the better, whatever is counted. */
export interface Row {
  readonly question: string
  readonly unit: "ns" | "ms" | "mints" | "bytes"
  readonly ours: Figure
  readonly peers: Readonly<Record<string, Figure>>
  /** The one that the target is about. */
  readonly ratio?: number | undefined
  /** Nothing, where nothing is promised. */
  readonly target?: string | undefined
  readonly reached?: boolean | undefined
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

const figure = ({ rounds }: Rounds): Figure => ({
  value: median(rounds),
  spread: [Math.min(...rounds), Math.max(...rounds)]
})

/** Medians. A ratio is that of rounds that ran one after the other, as what disturbs one round often disturbs the next as well. */
export const compare = (ours: Rounds, peers: ReadonlyArray<Rounds>): Pick<Row, "ours" | "peers"> => {
  const ratio = (peer: Rounds) => median(ours.rounds.map((own, round) => own / (peer.rounds[round] ?? Number.NaN)))
  return {
    ours: figure(ours),
    peers: Object.fromEntries(peers.map((peer) => [peer.name, { ...figure(peer), ratio: ratio(peer) }]))
  }
}
