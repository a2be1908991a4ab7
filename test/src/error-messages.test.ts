/** Each message that the packages can print has an entry in docs/errors, by its text. */
import { assert, it } from "vitest"
import { files, read } from "./support/workspace.ts"
import { messages } from "./support/messages.ts"

/** Parts of other messages, labels, names, and results of checks that pass. */
const parts = new Set([
  // parts of messages
  "or more",
  "to …",
  "… or …",
  ": did you mean …?",
  "the environment",
  "the body",
  "was refused",
  "through the proxy at … (…)",
  "the proxy at … (…)",
  "the command …",
  ", through …",
  "ahead of",
  "the caller's subject and account …",
  // defects and cancellations, which nothing prints
  "the key has other parts than its option",
  "an option from the environment does not have its declared type",
  "the request was left",
  "the connection was closed",
  "options cannot be used",
  "must be a Redacted of ",
  "must be ",
  ": wrap it in Redacted.make",
  "a stub does not mint",
  "answered with …",
  // names and content types
  "tempcred …",
  "tempcred: …",
  "tempcred … …",
  "tempcred scope …",
  "tempcred limits …",
  "application/json, application/jwk-set+json",
  "text/plain; version=0.0.4; charset=utf-8",
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  // labels, descriptions and advice
  "0 closed, 1 tried by one mint, 2 open",
  "calling Speechmatics",
  "client ref",
  "… `tempcred serve --help` lists the required variables.",
  // results
  "revoked …",
  "stated by the vendor",
  "stated in the token",
  "as requested",
  "as documented by the vendor",
  "usable until",
  "max session",
  "not enforced",
  "… (…, …, token in …)",
  "complete, will listen on …:…",
  "complete, mints at …",
  "… resolves …",
  "… is an IP address",
  "… responds on this machine, without TLS",
  "… uses …, certificate valid for … days",
  "… opened",
  "… is …",
  "… (in …, …)",
  "nothing was sent",
  "agrees with the vendor's",
  "… until …"
])

const entries = files
  .filter((path) => path.startsWith("docs/errors/"))
  .flatMap((path) => Array.from(read(path).matchAll(/^- (`+) ?(.+?) ?\1$/gm), ([, , text = ""]) => ({ path, text })))

const told = new Set(entries.map(({ text }) => text))

it("every message in the sources has an entry", () => {
  const missing = [...messages].filter(([text]) => !told.has(text) && !parts.has(text))
  const lines = missing.map(([text, paths]) => `${paths.join(", ")}: ${text}`)
  assert.deepStrictEqual(lines, [], "Add an entry to docs/errors: what it means, and what to do.")
})

it("every entry is a message in the sources", () => {
  const stale = entries.filter(({ text }) => !messages.has(text)).map(({ path, text }) => `${path}: ${text}`)
  assert.deepStrictEqual(stale, [], "Remove the entry, or write it as the source does, with … for each value.")
})

it("every part that is no message is in the sources", () => {
  assert.deepStrictEqual(
    [...parts].filter((text) => !messages.has(text)),
    []
  )
})
