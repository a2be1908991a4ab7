/** Finds an element of the page by its id. */
export const find = <A extends Element>(id: string, type: new () => A): A => {
  const found = document.querySelector(`#${id}`)
  if (!(found instanceof type)) throw new TypeError(`the page has no #${id} of this type`)
  return found
}

/** Makes a change that can remove or disable the focused element; then the focus moves to `refuge`. */
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
