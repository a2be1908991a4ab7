/**
 * What is wrong, what can be done about it, and when it is tried again.
 */
import type { Trouble } from "./captioning.ts"
import { button } from "./dom.ts"

export interface Remedy {
  readonly label: string
  readonly take: () => void
}

export const makeNotice = (place: HTMLElement) => {
  const hide = () => {
    place.hidden = true
    place.replaceChildren()
  }
  const show = (text: string, remedies: ReadonlyArray<Remedy>): HTMLElement => {
    const sentence = document.createElement("p")
    sentence.textContent = text
    const waiting = document.createElement("span")
    waiting.className = "countdown"
    // The sentence is read out; the seconds are not.
    waiting.setAttribute("aria-hidden", "true")
    const row = document.createElement("p")
    row.className = "remedies"
    row.append(...remedies.map(({ label, take }) => button(label, take)), waiting)
    place.replaceChildren(sentence, row)
    place.hidden = false
    return waiting
  }
  /** Resolves when it is to be tried again, by itself or by the button. */
  const hold = async ({ retryIn, text }: Trouble, signal: AbortSignal): Promise<void> => {
    const { promise, reject, resolve } = Promise.withResolvers<void>()
    const waiting = show(text, [{ label: retryIn === undefined ? "Try again" : "Try now", take: resolve }])
    const due = performance.now() + (retryIn ?? Infinity) * 1000
    const tick = () => {
      const left = Math.ceil((due - performance.now()) / 1000)
      if (left <= 0) resolve()
      else if (left < Infinity) waiting.textContent = `Trying again in ${left} s`
    }
    const leave = () => reject(signal.reason)
    const timer = setInterval(tick, 200)
    tick()
    signal.addEventListener("abort", leave)
    try {
      await promise
    } finally {
      clearInterval(timer)
      signal.removeEventListener("abort", leave)
      hide()
    }
  }
  return { hide, show, hold }
}
