/** A long-lived key in a vendor's response is redacted in every encoding. */
import * as KeySource from "@tempcred/core/KeySource"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Acme from "./acme.ts"

const base64 = (text: string) => Buffer.from(text).toString("base64")
const inJson = (text: string) => JSON.stringify(text).slice(1, -1)
/** Base64 with line breaks, as in e-mail. */
const wrapped = (text: string) => text.replaceAll(/.{20}(?=.)/g, "$&\r\n")
const hexOf = (character: string) => character.charCodeAt(0).toString(16).padStart(2, "0")
const each = (key: string, spell: (character: string) => string) => Array.from(key, spell).join("")
const htmlNames: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

const spellings: Readonly<Record<string, (key: string) => string>> = {
  "as it is": (key) => key,
  "percent-encoded": encodeURIComponent,
  "percent-encoded in lower case": (key) =>
    encodeURIComponent(key).replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
  "percent-encoded in every character": (key) => each(key, (character) => `%${hexOf(character)}`),
  "percent-encoded twice": (key) => encodeURIComponent(encodeURIComponent(key)),
  "form-encoded": (key) => new URLSearchParams({ key }).toString().slice("key=".length),
  "HTML-encoded by name": (key) => each(key, (character) => htmlNames[character] ?? character),
  "HTML-encoded by number": (key) =>
    each(key, (character) => (/\w/.test(character) ? character : `&#${character.charCodeAt(0)};`)),
  "HTML-encoded in hexadecimal": (key) =>
    each(key, (character) => (/\w/.test(character) ? character : `&#x${hexOf(character).toUpperCase()};`)),
  "JSON-escaped": (key) => JSON.stringify(key).slice(1, -1),
  "JSON-escaped, with slashes": (key) => JSON.stringify(key).slice(1, -1).replaceAll("/", "\\/"),
  "JSON-escaped, by number": (key) => each(key, (character) => `\\u00${hexOf(character)}`),
  "JSON-escaped twice, with slashes": (key) => inJson(inJson(key).replaceAll("/", "\\/")),
  "JSON-escaped, percent-encoded and HTML-encoded": (key) => encodeURIComponent(inJson(key)).replaceAll("%", "&#37;"),
  "in base64": base64,
  "in base64url": (key) => Buffer.from(key).toString("base64url"),
  "in base64, percent-encoded": (key) => encodeURIComponent(base64(key)),
  "in base64 with line breaks, percent-encoded": (key) => encodeURIComponent(wrapped(base64(key))),
  "in base64 with line breaks, JSON-escaped": (key) => inJson(wrapped(base64(`user:${key}`))),
  "in base64, after a user name": (key) => base64(`user:${key}`),
  "in base64, within other text (offset 1)": (key) => base64(`{"k":"${key}"}`),
  "in base64, within other text (offset 2)": (key) => base64(`{"ke":"${key}"}`)
}

/** Whether the text contains the key, except for its first and last character. */
const isTold = (key: string, text: string) => {
  const decoded = [
    text,
    ...(text.match(/[\w+/-]{8,}={0,2}/g) ?? []).map((run) => Buffer.from(run, "base64").toString())
  ]
  return decoded.some((one) => one.includes(key.slice(1, -1)))
}

const minting = (step: Acme.Step, apiKey: Redacted.Redacted | KeySource.KeySource) =>
  TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" })).pipe(
    Effect.provide(Layer.provide(Acme.layer({ apiKey }), Acme.vendor(step).layer)),
    Effect.flip
  )

const Key = Schema.String.check(Schema.isPattern(/^[\w/+=][!-~]{14,58}[\w/+=]$/))

describe.each(Object.entries(spellings))("a key in a vendor's response, %s", (_, spell) => {
  it.effect.prop(
    "is redacted in the message, code, request id and issues of an error",
    [Key],
    ([key]) =>
      Effect.gen(function* () {
        const echo = `you sent ${spell(key)} here`
        const steps: ReadonlyArray<Acme.Step> = [
          { status: 400, body: { code: spell(key), message: echo }, headers: { "x-request-id": spell(key) } },
          { status: 400, body: { code: "bad_field", message: echo } },
          { status: 403, body: echo, headers: { "content-type": "text/plain" } }
        ]
        for (const step of steps) {
          const error = yield* minting(step, Redacted.make(key))
          assert.include(error.message, "<redacted>")
          assert.isFalse(isTold(key, JSON.stringify(error)), error.message)
        }
      }),
    { arbitrary: { runs: 20 } }
  )

  it.effect.prop(
    "is rejected as a token or a part of one, if it is any of the source's keys",
    [Key, Key],
    ([key, other]) =>
      Effect.gen(function* () {
        const source = KeySource.fixed([Redacted.make(other), Redacted.make(key)])
        for (const token of [spell(key), `tk.${spell(key)}.x`]) {
          const error = yield* minting({ status: 201, body: { token } }, source)
          assert.strictEqual(error.reason._tag, "InvalidResponseError")
          assert.include(error.message, "the credential contains the long-lived key")
          assert.isFalse(isTold(key, JSON.stringify(error)), error.message)
        }
      }),
    { arbitrary: { runs: 20 } }
  )
})

it.effect.prop(
  "a key in base64 with line breaks is redacted in a message",
  [Key],
  ([key]) =>
    Effect.gen(function* () {
      const lines = wrapped(base64(`user:${key}`))
      const error = yield* minting({ status: 403, body: { message: `you sent ${lines} here` } }, Redacted.make(key))
      assert.match(error.message, /you sent dXNl<redacted> here/)
    }),
  { arbitrary: { runs: 20 } }
)

it.effect("text in a vendor's message that is not the key stays unchanged", () =>
  Effect.gen(function* () {
    const message = "100% of %41 &amp; \\u0041 AT&T is 2/3 + a_b-c"
    const error = yield* minting({ status: 403, body: { message } }, Redacted.make("acme-long-lived-key"))
    assert.strictEqual(error.reason.detail, message)
  })
)

it.effect("the path of an invalid field is redacted and cut", () =>
  Effect.gen(function* () {
    const key = "acme/long+lived=key"
    const body = { token: { [encodeURIComponent(key).toLowerCase() + "x".repeat(400)]: 1 } }
    const error = yield* minting({ status: 201, body }, Redacted.make(key))
    assert.isAtMost(error.message.length, 400)
    assert.isFalse(isTold(key, error.message))
  })
)

it.effect("a token that contains a very short key is accepted", () =>
  Effect.gen(function* () {
    const provider = Layer.provide(Acme.layer({ apiKey: Redacted.make("key") }), Acme.vendor(Acme.ok).layer)
    const { token } = yield* TempCredentialProvider.use(({ mint }) => mint({ purpose: "stt.realtime" })).pipe(
      Effect.provide(provider)
    )
    assert.strictEqual(Redacted.value(token), Acme.token)
  })
)
