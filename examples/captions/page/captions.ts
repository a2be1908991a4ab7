/**
 * The captions: final words are solid and stay, partial words are dim and change. Screen readers read final words
 * once. No word vanishes: partial words of an ended connection stay dim, until the next connection has words for the
 * same audio.
 */
import type { Words } from "./line.ts"

/** Words, or the end of a connection: `"again"` if the next connection transcribes its audio again. */
export type Caption = Words | "over" | "again"

export const makeCaptions = (place: HTMLElement) => {
  const stale: Array<HTMLElement> = []
  /** False while the reader looks at earlier words. */
  let follows = true
  place.addEventListener("scroll", () => {
    follows = place.scrollHeight - place.scrollTop - place.clientHeight < 40
  })
  const follow = () => {
    if (follows) place.scrollTop = place.scrollHeight
  }
  new ResizeObserver(follow).observe(place)
  return {
    clear: () => {
      place.replaceChildren()
      follows = true
    },
    /** Adds a place for the words of a connection, after those of earlier ones. */
    segment: () => {
      const finals = document.createElement("span")
      const partial = document.createElement("span")
      partial.className = "partial"
      partial.setAttribute("aria-hidden", "true")
      place.append(finals, partial, " ")
      return (words: Caption) => {
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
        follow()
      }
    }
  }
}
