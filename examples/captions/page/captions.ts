/**
 * The captions themselves: final words are solid and stay, partial words are dim and change. What was final is read out, once. No word vanishes: what its
 * connection left partial stays dim, and if its audio is heard again, until there are words for it again.
 */
import type { Words } from "./line.ts"

/** Words, or that there are no more: their connection is over, or its audio is to be heard again by the next. */
export type Caption = Words | "over" | "again"

export const makeCaptions = (place: HTMLElement) => {
  const stale: Array<HTMLElement> = []
  /** Whether the newest words are in sight, and not what somebody has scrolled back to. */
  const isAtEnd = () => place.scrollHeight - place.scrollTop - place.clientHeight < 40
  return {
    clear: () => place.replaceChildren(),
    /** A place for the words of one connection, after those of all before. */
    segment: () => {
      const finals = document.createElement("span")
      const partial = document.createElement("span")
      partial.className = "partial"
      partial.setAttribute("aria-hidden", "true")
      place.append(finals, partial, " ")
      return (words: Caption) => {
        const follows = isAtEnd()
        if (words === "again") stale.push(partial)
        else if (words === "over" && partial.textContent === "") partial.remove()
        else if (words === "over") partial.removeAttribute("aria-hidden")
        else {
          if (words.final !== "" || words.partial !== "") for (const one of stale.splice(0)) one.remove()
          if (words.final !== "") {
            const heard = document.createElement("span")
            heard.className = "final"
            heard.textContent = words.final
            finals.append(heard)
          }
          const isJoined = finals.textContent === "" || /\s$/.test(finals.textContent) || /^\s/.test(words.partial)
          partial.textContent = words.partial === "" || isJoined ? words.partial : ` ${words.partial}`
        }
        if (follows) place.scrollTop = place.scrollHeight
      }
    }
  }
}
