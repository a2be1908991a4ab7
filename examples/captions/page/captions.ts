/**
 * The captions themselves: final words are solid and stay, partial words are dim and change. What was final is read out, once.
 */
import type { Words } from "./line.ts"

export const makeCaptions = (place: HTMLElement) => {
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
      return (words: Words | "over") => {
        const follows = isAtEnd()
        if (words === "over") partial.remove()
        else {
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
