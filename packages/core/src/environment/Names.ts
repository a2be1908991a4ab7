/**
 * The names of variables and vendors: the known names, suggestions for misspelt names, and the names
 * that platforms set.
 */
import * as Result from "effect/Result"

/** The variables of `Providers.layerConfig`. */
export const stack: ReadonlyArray<string> = [
  "TEMPCRED_PROVIDER",
  "TEMPCRED_TTL",
  "TEMPCRED_TIMEOUT",
  "TEMPCRED_RETRIES",
  "TEMPCRED_RATE_LIMIT",
  "TEMPCRED_POOL",
  "TEMPCRED_CACHE",
  "TEMPCRED_CACHE_FILE",
  "TEMPCRED_CACHE_KEY",
  "TEMPCRED_CACHE_KEY_FILE"
]

/** The variables of the token endpoint. They are listed here so that no reader reports them as misspelt. */
const endpoint = [
  "TEMPCRED_AUTH_JWKS_URL",
  "TEMPCRED_AUTH_JWT_SECRET",
  "TEMPCRED_AUTH_JWT_SECRET_FILE",
  "TEMPCRED_AUTH_BEARER_TOKENS",
  "TEMPCRED_AUTH_BEARER_TOKENS_FILE",
  "TEMPCRED_AUTH_ISSUER",
  "TEMPCRED_AUTH_AUDIENCE",
  "TEMPCRED_AUTH_SUBJECT_CLAIM",
  "TEMPCRED_AUTH_COOKIE",
  "TEMPCRED_AUTH_HEADER",
  "TEMPCRED_POLICY_PURPOSES",
  "TEMPCRED_POLICY_MAX_TTL",
  "TEMPCRED_POLICY_SINGLE_USE",
  "TEMPCRED_POLICY_MAX_SESSION",
  "TEMPCRED_POLICY_REGIONS",
  "TEMPCRED_POLICY_ALLOW_NO_REGION",
  "TEMPCRED_POLICY_SUBJECT_KEY",
  "TEMPCRED_POLICY_SUBJECT_KEY_FILE",
  "TEMPCRED_LIMIT_PER_MINUTE",
  "TEMPCRED_LIMIT_CONCURRENT",
  "TEMPCRED_LIMIT_IN_FLIGHT",
  "TEMPCRED_LIMIT_STORE",
  "TEMPCRED_LIMIT_STORE_FILE",
  "TEMPCRED_CORS_ORIGINS",
  "TEMPCRED_CORS_HEADERS",
  "TEMPCRED_PREFIX",
  "TEMPCRED_METRICS",
  "TEMPCRED_DOCS",
  "TEMPCRED_DRAIN_TIMEOUT",
  "TEMPCRED_KEEP_ALIVE_TIMEOUT",
  "TEMPCRED_HOST",
  "TEMPCRED_PORT"
]

/** The variables of a client of the token endpoint. */
const client = ["TEMPCRED_ENDPOINT_URL", "TEMPCRED_ENDPOINT_API_KEY", "TEMPCRED_ENDPOINT_API_KEY_FILE"]

/** All variables that begin with `TEMPCRED_`. */
export const variables: ReadonlyArray<string> = [...stack, ...endpoint, ...client]

/**
 * The variables that Kubernetes and Docker set for a service in the same namespace:
 * `<SERVICE>_SERVICE_HOST`, `<SERVICE>_PORT=tcp://…` and similar.
 */
const serviceNames = /_SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/

/** Tells whether a variable is such a service link, which the app did not set. */
export const isServiceLink = (name: string, value: string): boolean =>
  serviceNames.test(name) || (name.endsWith("_PORT") && /^(tcp|udp|sctp):\/\//.test(value))

/** Counts the edits between two texts: letters to insert, remove, replace, or swap with a neighbour. */
const distance = (one: string, other: string): number => {
  const rows: Array<Array<number>> = [Array.from({ length: other.length + 1 }, (_, index) => index)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY
  for (let row = 1; row <= one.length; row++) {
    const cells = [row]
    rows.push(cells)
    for (let column = 1; column <= other.length; column++) {
      const replaced = at(row - 1, column - 1) + (one[row - 1] === other[column - 1] ? 0 : 1)
      const isSwap = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      const swapped = isSwap ? at(row - 2, column - 2) + 1 : replaced
      cells.push(Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, replaced, swapped))
    }
  }
  return at(one.length, other.length)
}

/** Finds the most similar name, if at most a third of the letters differ. Ignores letter case. */
export const nearest = (name: string, known: ReadonlyArray<string>): string | undefined => {
  const [first] = known
    .map((one) => ({ one, letters: distance(name.toLowerCase(), one.toLowerCase()) }))
    .filter(({ letters, one }) => letters <= Math.max(1, Math.floor(Math.max(name.length, one.length) / 3)))
    .toSorted((a, b) => a.letters - b.letters)
  return first?.one
}

/**
 * Selects known names, in the order of `wanted` and in any letter case. The error does not contain
 * unknown names, which could be secrets.
 */
export const choose = (
  wanted: ReadonlyArray<string>,
  known: ReadonlyArray<string>
): Result.Result<ReadonlyArray<string>, string> => {
  const chosen: Array<string> = []
  for (const [index, name] of wanted.entries()) {
    const found = known.find((one) => one.toLowerCase() === name.toLowerCase())
    const which = wanted.length === 1 ? "" : ` (name ${index + 1})`
    if (found === undefined) {
      const problem = name === "" ? "has an empty name" : "names an unknown provider"
      const meant = nearest(name, known)
      const hint = meant === undefined ? ";" : `: did you mean ${meant}?`
      return Result.fail(`${problem}${which}${hint} known are ${known.join(", ")}`)
    }
    if (chosen.includes(found)) return Result.fail(`names ${found} twice; known are ${known.join(", ")}`)
    chosen.push(found)
  }
  return Result.succeed(chosen)
}
