/** Figures in words, the same in a terminal and on the page. */
import type { Figure, Row } from "./Row.ts"

const number = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0 })

/** With its unit, which is in the plural. */
export const amount = (value: number, unit: string): string =>
  `${number(value)} ${value === 1 ? unit.replace(/s$/, "") : unit}`

/** Nothing, where all rounds gave the same. */
export const spread = ({ spread: [low, high] = [0, 0] }: Figure): string =>
  low === high ? "" : `${number(low)} to ${number(high)}`

/** How many times a peer's figure ours is. */
export const ratio = (ours: Figure, peer: Figure): string => {
  const times = peer.ratio ?? ours.value / peer.value
  return Number.isFinite(times) ? `${times < 0.1 ? times.toPrecision(2) : times.toFixed(2)} ×` : ""
}

/** The peers whose figure is better than ours; what is named after us is one of our own ways. */
export const winners = ({ better = "less", ours, peers, unit }: Row): ReadonlyArray<string> =>
  Object.entries(peers)
    .filter(([name]) => !name.startsWith("tempcred"))
    .filter(([, { value }]) => (better === "less" ? value < ours.value : value > ours.value))
    .map(([name, { value }]) => `${name}, with ${amount(value, unit)}`)
