/**
 * The error for unusable configuration. Each issue names the option or environment variable and the
 * allowed values, never the value itself. The checks for keys, URLs and regions that all vendors
 * share are here too.
 *
 * ```ts
 * import { checkUrl } from "@tempcred/core/ConfigurationError"
 *
 * console.log(checkUrl("ACME_URL", "http://acme.example")[0]?.message)
 * // => must begin with https:// (http:// is allowed on loopback only)
 * ```
 *
 * @since 0.1.0
 */

import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Keys from "./key-source/Keys.ts"
import { isLoopback } from "./Loopback.ts"

/**
 * The error of a layer that cannot be built because keys, URLs or settings are missing or
 * malformed.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConfigurationError extends Schema.TaggedError<ConfigurationError>()("ConfigurationError", {
  issues: Schema.Array(Schema.Struct({ name: Schema.String, message: Schema.String }))
}) {
  override get message(): string {
    return this.issues.map((issue) => `${issue.name} ${issue.message}`).join("; ")
  }
}

/**
 * One problem: the name of the option, and a message that continues the sentence after the name.
 *
 * @category models
 * @since 0.1.0
 */
export interface Issue {
  readonly name: string
  readonly message: string
}

/**
 * Checks a long-lived key: not empty, and only characters that an HTTP header allows. Surrounding
 * white space is removed before use.
 *
 * @category guards
 * @since 0.1.0
 */
export const checkKey = (name: string, key: Redacted.Redacted): ReadonlyArray<Issue> => {
  const message = Keys.problemOf(key)
  return message === undefined ? [] : [{ name, message }]
}

/**
 * Checks a base URL or WebSocket URL: TLS unless the host is loopback, and no credentials, query or
 * fragment.
 *
 * @category guards
 * @since 0.1.0
 */
export const checkUrl = (
  name: string,
  url: string | undefined,
  scheme: "https" | "wss" = "https"
): ReadonlyArray<Issue> => {
  if (url === undefined) return []
  const plain = scheme === "https" ? "http:" : "ws:"
  const issue = (message: string) => [{ name, message }]
  if (/\s/.test(url)) return issue("must not contain white space")
  const parsed = URL.parse(url)
  // `URL.parse` corrects typing errors, but paths are later joined to the original text.
  if (parsed === null || !/^\w+:\/\/[^\\]*$/.test(url)) return issue(`is not a URL: write it as ${scheme}://host`)
  if (parsed.protocol !== `${scheme}:` && !(parsed.protocol === plain && isLoopback(parsed.hostname))) {
    return issue(`must begin with ${scheme}:// (${plain}// is allowed on loopback only)`)
  }
  if (parsed.username !== "" || parsed.password !== "") return issue("must not contain a user name or password")
  if (/[?#]/.test(url)) return issue("must not contain a query or a fragment")
  return []
}

/**
 * Checks a region name, which becomes part of a host name.
 *
 * @category guards
 * @since 0.1.0
 */
export const checkRegion = (name: string, region: string | undefined): ReadonlyArray<Issue> =>
  region === undefined || /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(region)
    ? []
    : [{ name, message: "must be a region name in lowercase letters, such as eu" }]

/**
 * Checks that a value, if there is one, is in a list of allowed values.
 *
 * @category guards
 * @since 0.1.0
 */
export const checkOneOf = (
  name: string,
  value: string | undefined,
  allowed: ReadonlyArray<string>
): ReadonlyArray<Issue> =>
  value === undefined || allowed.includes(value) ? [] : [{ name, message: `must be one of ${allowed.join(", ")}` }]
