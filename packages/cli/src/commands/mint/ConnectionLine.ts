/** A connection as a line for a POSIX shell: `websocat` for a WebSocket, `curl` for HTTP. */
import { type Connection, fill } from "@tempcred/core/Connection"
import * as Redacted from "effect/Redacted"
import type { HttpCall } from "./HttpCall.ts"

/** Stands for the token until the line is quoted; it is the same in a URL, in a header and in JSON. */
const marker = "TOKENGOESHERE"

/** Within double quotes a shell expands the variable and nothing else; the rest is within single quotes, where it expands nothing. */
const quote = (word: string): string =>
  word
    .split(marker)
    .map((part) => (part === "" ? "" : `'${part.replaceAll("'", `'\\''`)}'`))
    .join('"$TOKEN"')

const quoteWhereNeeded = (word: string): string => (/^[\w./…-]+$/.test(word) ? word : quote(word))

/**
 * Writes the line that opens a connection, or makes a call where it is for HTTP, with the token in it, or with the shell variable `$TOKEN` in its place.
 */
export const connectionLine = (connection: Connection, call?: HttpCall, token?: Redacted.Redacted): string => {
  const { form, headers, kind, message, protocols, url } = fill(connection, token ?? Redacted.make(marker))
  const fields = Object.entries(headers).map(([name, value]) => quote(`${name}: ${value}`))
  if (kind === "http") {
    const { args = [], path = "" } = call ?? {}
    const parts = Object.entries(form).map(([name, value]) => `--form-string ${quote(`${name}=${value}`)}`)
    const words = [...fields.map((field) => `--header ${field}`), ...parts, ...args.map(quoteWhereNeeded)]
    return ["curl", ...words, quote(url + path)].join(" ")
  }
  const offered = protocols.length === 0 ? [] : [`--protocol ${quote(protocols.join(", "))}`]
  const open = ["websocat", ...fields.map((field) => `--header=${field}`), ...offered, quote(url)].join(" ")
  if (Object.keys(message).length === 0) return open
  // What is typed goes on after the first message.
  return `{ printf '%s\\n' ${quote(JSON.stringify(message))}; cat; } | ${open}`
}
