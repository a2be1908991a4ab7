/** A check that a value can be represented as JSON. */

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  // The prototype of a plain object has no prototype itself. This also holds in other realms, such as iframes.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

const member = (path: string, name: string): string =>
  /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`

/**
 * Finds the path of the first part that JSON cannot represent. JSON can represent strings, finite
 * numbers, booleans, null, arrays and plain objects, without cycles.
 */
export const findForeign = (value: unknown, path: string, within: ReadonlyArray<unknown> = []): string | undefined => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined
  if (typeof value === "number") return Number.isFinite(value) ? undefined : path
  if (typeof value !== "object" || within.includes(value)) return path
  const inside = [...within, value]
  if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) {
      const found = findForeign(part, `${path}[${index}]`, inside)
      if (found !== undefined) return found
    }
    return undefined
  }
  const [symbol] = Object.getOwnPropertySymbols(value)
  if (symbol !== undefined) return `${path}[${String(symbol)}]`
  if (!isPlain(value)) return path
  for (const [name, part] of Object.entries(value)) {
    const found = findForeign(part, member(path, name), inside)
    if (found !== undefined) return found
  }
  return undefined
}
