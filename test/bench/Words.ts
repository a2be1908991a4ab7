/** Formats of figures, for the terminal and the page. */
import type { Figure, Row } from "./Row.ts"

const number = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0 })

/** Formats a figure with its unit, which is given in the plural. */
export const amount = (value: number, unit: string): string =>
  `${number(value)} ${value === 1 ? unit.replace(/s$/, "") : unit}`

/** Formats the lowest and highest figure, unless they are equal. */
export const spread = ({ spread: [low, high] = [0, 0] }: Figure): string =>
  low === high ? "" : `${number(low)} to ${number(high)}`

/** Formats our figure divided by the peer's. */
export const ratio = (ours: Figure, peer: Figure): string => {
  const times = peer.ratio ?? ours.value / peer.value
  return Number.isFinite(times) ? `${times < 0.1 ? times.toPrecision(2) : times.toFixed(2)} ×` : ""
}

/** Lists the peers with a better figure than ours; other variants of our library do not count. */
export const winners = ({ better = "less", ours, peers, unit }: Row): ReadonlyArray<string> =>
  Object.entries(peers)
    .filter(([name]) => !name.startsWith("tempcred"))
    .filter(([, { value }]) => (better === "less" ? value < ours.value : value > ours.value))
    .map(([name, { value }]) => `${name}, with ${amount(value, unit)}`)
