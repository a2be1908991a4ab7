/** Finds the route of a request in a table. */

/** The route of a request. Without a value, `allowed` lists the methods of the path. */
export interface Found<A> {
  readonly key: string
  readonly value: A | undefined
  readonly params: Readonly<Record<string, string>>
  readonly allowed: ReadonlyArray<string>
}

/** Finds the entry for a method and path. Its key is `"<METHOD> <path>"`, or a path alone. */
export const find = <A>(table: Readonly<Record<string, A>>, method: string, path: string): Found<A> => {
  const allowed: Array<string> = []
  for (const [key, value] of Object.entries(table)) {
    const [wanted, pattern] = key.includes(" ") ? key.split(" ", 2) : [method, key]
    const params = match(pattern ?? "", path)
    if (params === undefined) continue
    if (wanted === method) return { key, value, params, allowed }
    if (wanted !== undefined) allowed.push(wanted)
  }
  return { key: `${method} ${path}`, value: undefined, params: {}, allowed }
}

const match = (pattern: string, path: string): Record<string, string> | undefined => {
  const wanted = pattern.split("/")
  const given = path.replace(/(?<=.)\/$/, "").split("/")
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? ""
    if (segment.startsWith(":") && value !== "") params[segment.slice(1)] = decode(value)
    else if (segment !== value) return undefined
  }
  return params
}

// Returns a segment with an invalid escape as it is.
const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
