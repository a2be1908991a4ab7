/** Search for misspelt variables that start with `TEMPCRED_`. */
import type * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import type { Issue } from "../ConfigurationError.ts"
import * as Names from "./Names.ts"
import * as Text from "./Text.ts"

/**
 * Lists the variables with a value below a path. A provider may split variable names at underscores or
 * use whole names.
 */
const listed = Effect.fnUntraced(function* (
  current: ConfigProvider.ConfigProvider,
  path: ConfigProvider.Path
): Effect.fn.Return<ReadonlyArray<readonly [name: string, value: string]>, ConfigProvider.SourceError> {
  const node = yield* current.load(path)
  if (node === undefined) return []
  const own = Text.trim(node.value ?? "")
  const children = node._tag === "Record" ? [...node.keys] : node._tag === "Array" ? [node.length - 1] : []
  const below = yield* Effect.forEach(children, (child) => listed(current, [...path, child]))
  return [...(own === "" ? [] : [[path.join("_"), own] as const]), ...below.flat()]
})

const prefix = "TEMPCRED_"

/**
 * Finds misspelt variables. These are similar to a known name, or start with one of `prefixes` or with
 * the name of a variable of the provider stack. Finds none if the provider cannot list its names.
 */
export const find = Effect.fnUntraced(
  function* (
    current: ConfigProvider.ConfigProvider,
    prefixes: ReadonlyArray<string>
  ): Effect.fn.Return<ReadonlyArray<Issue>, ConfigProvider.SourceError> {
    const root = yield* current.load([])
    const flat = root?._tag === "Record" ? [...root.keys].filter((name) => name.startsWith(prefix)) : []
    const found = yield* Effect.forEach([prefix.slice(0, -1), ...flat], (name) => listed(current, [name]))
    return [...new Map(found.flat())].flatMap(([name, set]) => misspelt(name, set, prefixes))
  },
  Effect.orElseSucceed((): ReadonlyArray<Issue> => [])
)

const misspelt = (name: string, set: string, prefixes: ReadonlyArray<string>): ReadonlyArray<Issue> => {
  if (!name.startsWith(prefix) || Names.variables.includes(name) || Names.isServiceLink(name, set)) return []
  const bare = (variable: string) => variable.slice(prefix.length)
  const meant = Names.nearest(bare(name), Names.variables.map(bare))
  if (meant !== undefined) return [{ name, message: `is not a variable of tempcred: did you mean ${prefix}${meant}?` }]
  const begin = [...prefixes, ...Names.stack].find((one) => name === one || name.startsWith(`${one}_`))
  if (begin === undefined) return []
  const alike = Names.variables.filter((one) => one.startsWith(begin))
  return [{ name, message: `is not a variable of tempcred: similar ones are ${alike.join(", ")}` }]
}
