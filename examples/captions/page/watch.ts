/** The current state with its remaining time, and the timeline. */
import { find } from "./dom.ts"
import type { History, Minted, Note, Opened } from "./history.ts"
import { clock, drawRing, drawRow } from "./timeline.ts"

const mostNotes = 60

interface Now {
  readonly text: string
  /** The remaining share of its time, if it ends. */
  readonly left?: number
  /** True if it no longer matters. */
  readonly isPast?: boolean
}

export const makeWatch = (history: History) => {
  const places = [
    {
      show: () => credentialNow(history.credential),
      text: find("credential", HTMLElement),
      ring: find("credential-ring", SVGSVGElement)
    },
    {
      show: () => connectionNow(history.connection),
      text: find("connection", HTMLElement),
      ring: find("connection-ring", SVGSVGElement)
    }
  ]
  const notes = find("notes", HTMLOListElement)
  let timer: ReturnType<typeof setInterval> | undefined

  const tick = () => {
    for (const { ring, show, text } of places) {
      const now = show()
      // The text includes the seconds; without a change, the ring does not change either.
      if (text.textContent === now.text) continue
      text.textContent = now.text
      drawRing(ring, now.left, now.isPast ?? false)
    }
  }
  const row = (note: Note): HTMLLIElement => {
    const entry = Object.assign(document.createElement("li"), { className: note.tone })
    const time = Object.assign(document.createElement("time"), {
      textContent: clock(note.at - (history.begun ?? note.at))
    })
    entry.append(time, drawRow(note), Object.assign(document.createElement("span"), { textContent: note.text }))
    return entry
  }
  const changed = () => {
    notes.replaceChildren(...history.notes.slice(-mostNotes).toReversed().map(row))
    tick()
  }
  changed()
  return {
    changed,
    /** Starts or stops the clock. */
    run: (isRunning: boolean) => {
      clearInterval(timer)
      timer = isRunning ? setInterval(tick, 250) : undefined
      tick()
    }
  }
}

const credentialNow = (minted: Minted | undefined): Now => {
  if (minted === undefined) return { text: "None yet" }
  const { at, endedAt, expiresAt, number, uses } = minted
  const milliseconds = expiresAt - Date.now()
  const use = uses === "once" ? "one use" : "many uses"
  const state = `${number}, ${use}, ${endedAt === undefined ? "not used yet" : "used to connect"}`
  if (milliseconds <= 0) return { text: `${state}, expired` }
  return {
    text: `${state}, ${clock(milliseconds)} left`,
    left: milliseconds / (expiresAt - at),
    isPast: endedAt !== undefined && uses === "once"
  }
}

const connectionNow = (opened: Opened | undefined): Now => {
  if (opened === undefined) return { text: "None yet" }
  const { at, endedAt, limit, number } = opened
  if (endedAt !== undefined) return { text: `${number}, closed` }
  const open = `${number}, open for ${clock(Date.now() - at)}`
  if (limit === undefined) return { text: `${open}, no time limit`, left: 1 }
  return { text: `${open}, ${clock(limit - Date.now())} left`, left: (limit - Date.now()) / (limit - at) }
}
