/**
 * Draws the timeline from bottom to top. The first lane has each credential from its mint to its use. From there a
 * line bends into the lane of its connection, up to the connection's end. Failures are crossed out, current entries
 * reach the top, and texts are beside them.
 */
import { credentialLane, type Note, type Track } from "./history.ts"

const lane = { first: 9, width: 16 }

/** The distances from the top of a row in pixels: of the mark of a note, and of the bend of a credential. */
const mark = 16
const bend = 32

const x = (index: number): number => lane.first + index * lane.width

export const drawRow = ({ after, before, lane: own, tone }: Note): SVGSVGElement => {
  const svg = shape("svg", { class: "rail", "aria-hidden": "true" })
  const opening = after.find((track) => !before.includes(track) && track.kind === "connection")
  svg.append(
    ...before.map((track) =>
      opening !== undefined && track.lane === credentialLane
        ? stretch(track, `${bend}`, "100%")
        : stretch(track, `${mark}`, "100%")
    ),
    ...after.map((track) => stretch(track, "0", `${mark}`))
  )
  if (opening !== undefined) {
    const [from, to] = [x(credentialLane), x(opening.lane)]
    svg.append(shape("path", { class: "over", d: `M${from} ${bend}C${from} ${mark} ${to} ${bend} ${to} ${mark}` }))
  }
  if (own !== undefined)
    svg.append(tone === "bad" ? cross(x(own)) : dot(x(own), opening ?? after.find((track) => track.lane === own)))
  return svg
}

/** Draws the remaining share of a time as a ring; without an end, the ring is hollow. */
export const drawRing = (ring: SVGSVGElement, left: number | undefined, isPast: boolean): void => {
  const circle = { cx: 14, cy: 14, r: 11 }
  ring.replaceChildren(
    shape("circle", { ...circle, class: "whole" }),
    ...(left === undefined
      ? []
      : [
          shape("circle", {
            ...circle,
            class: isPast ? "left past" : left < 0.2 ? "left little" : "left",
            pathLength: 1,
            "stroke-dasharray": `${Math.min(1, Math.max(0, left))} 1`,
            transform: "rotate(-90 14 14)"
          })
        ])
  )
}

const shape = <Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | number>>
): SVGElementTagNameMap[Name] => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  return made
}

const stretch = (track: Track, y1: string, y2: string): SVGLineElement =>
  shape("line", {
    x1: x(track.lane),
    x2: x(track.lane),
    y1,
    y2,
    class: `${track.kind} ${track.endedAt === undefined ? "running" : "over"}`
  })

const dot = (cx: number, track: Track | undefined): SVGCircleElement =>
  shape("circle", { cx, cy: mark, r: 4, class: track === undefined ? "end" : `start ${track.kind}` })

const cross = (at: number): SVGPathElement =>
  shape("path", { d: `M${at - 4} ${mark - 4}l8 8m0 -8l-8 8`, class: "failure" })

/** Formats a time as minutes and seconds. */
export const clock = (milliseconds: number): string => {
  const whole = Math.max(0, Math.floor(milliseconds / 1000))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`
}
