/** Finds what the page is made of, by its id. */
export const find = <A extends Element>(id: string, type: new () => A): A => {
  const found = document.querySelector(`#${id}`)
  if (!(found instanceof type)) throw new TypeError(`the page has no #${id} of this type`)
  return found
}

export const button = (label: string, press: () => void): HTMLButtonElement => {
  const made = document.createElement("button")
  made.type = "button"
  made.textContent = label
  made.addEventListener("click", press)
  return made
}
