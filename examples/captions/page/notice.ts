/** Notices of problems: the text, a button to try again, and a countdown. */
import type { Trouble } from "./captioning.ts"
import { button, keepFocus } from "./dom.ts"

export interface Remedy {
  readonly label: string
  readonly take: () => void
}

/** Makes the notices of one place. If a notice with the focus is hidden, the focus moves to `refuge`. */
export const makeNotice = (place: HTMLElement, refuge: HTMLElement) => {
  const put = (next: HTMLElement, ...children: ReadonlyArray<Node>) => {
    place.hidden = children.length === 0
    keepFocus(() => place.replaceChildren(...children), next)
  }
  const hide = () => put(refuge)
  const show = (text: string, remedies: ReadonlyArray<Remedy>): HTMLElement => {
    const sentence = document.createElement("p")
    sentence.textContent = text
    const waiting = document.createElement("span")
    waiting.className = "countdown"
    // Screen readers read the text, but not the seconds.
    waiting.setAttribute("aria-hidden", "true")
    const row = document.createElement("p")
    row.className = "remedies"
    const buttons = remedies.map(({ label, take }) => button(label, take))
    row.append(...buttons, waiting)
    put(buttons[0] ?? refuge, sentence, row)
    return waiting
  }
  /** Shows a problem, and resolves at the next try, by the countdown or the button. */
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
