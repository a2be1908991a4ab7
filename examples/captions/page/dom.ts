/** Finds what the page is made of, by its id. */
export const find = <A extends Element>(id: string, type: new () => A): A => {
  const found = document.querySelector(`#${id}`)
  if (!(found instanceof type)) throw new TypeError(`the page has no #${id} of this type`)
  return found
}

/** Does what may remove or disable what has the focus, which is then taken in elsewhere. */
export const keepFocus = (change: () => void, refuge: HTMLElement): void => {
  const focused = document.activeElement
  change()
  if (focused !== null && (!focused.isConnected || focused.matches(":disabled"))) refuge.focus()
}

export const button = (label: string, press: () => void): HTMLButtonElement => {
  const made = document.createElement("button")
  made.type = "button"
  made.textContent = label
  made.addEventListener("click", press)
  return made
}
