/** Finding what a request is for in a table of routes. */

/** What a table has for a request; without a value, `allowed` lists the methods that the path does have. */
export interface Found<A> {
  readonly key: string
  readonly value: A | undefined
  readonly params: Readonly<Record<string, string>>
  readonly allowed: ReadonlyArray<string>
}

/** Finds the entry whose key, `"<METHOD> <path>"` or a path alone, has this method and path. */
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

// A segment that is no valid escape stands for itself.
const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
