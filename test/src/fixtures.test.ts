/** Fixtures from the vendors' pages: adapters read them correctly, and the emulators answer in the same shape. */
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import { Reason } from "@tempcred/core/TempCredentialError"
import { layer as layerTransport } from "@tempcred/core/HttpClientTransport"
import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { basename, dirname } from "node:path"
import type { Call } from "./support/fixture-rows.ts"
import { fixture, names, rows } from "./support/fixtures.ts"
import { adapters, read } from "./support/workspace.ts"

it.each(names)("%s says where it is from, and when that was read", (name) => {
  const { basis, body, inferred, read, status } = fixture(name)
  const [blank] = /fill in packages[^"]+/.exec(JSON.stringify(body)) ?? []
  assert.isUndefined(blank, blank)
  assert.strictEqual(`${status}`, name.split(".").at(-1))
  assert.isTrue(new Date(read).toISOString().startsWith(read), "no such day")
  assert.isAtMost(Date.parse(read), Date.now())
  assert.strictEqual(inferred !== undefined, basis === "inferred", "what is inferred is said, and nothing else")
})

it("each has a row of its vendor, and is published", () => {
  assert.sameMembers(Object.keys(rows), names)
  const manifest = Schema.Struct({ files: Schema.Array(Schema.String) })
  const { files } = Schema.decodeSync(Schema.fromJsonString(manifest))(read("packages/testing/package.json"))
  assert.include(files, "fixtures")
})

it("each vendor has some", () => {
  const ids = adapters.map(({ folder }) => basename(folder))
  assert.sameMembers(
    [...new Set(names.map(dirname))],
    ids,
    "Put what the vendor's pages show into packages/testing/fixtures/<vendor>, and what is made of it into test/src/fixtures/<vendor>.ts."
  )
})

/** Finds the id of a request, in a header or in the body. */
const requestIdIn = (...parts: ReadonlyArray<unknown>): string | undefined =>
  /"(?:x-request-id|request_id)":"([^"]+)"/.exec(JSON.stringify(parts))?.[1]

/** Makes the call of a row at a vendor that responds with this body. */
const answeredWith = (name: string, call: Call, body: unknown) => {
  const { headers = {}, status } = fixture(name)
  const vendor = { hosts: {}, handle: () => Promise.resolve(Response.json(body, { status, headers })) }
  const layer = Layer.provide(layerTransport, EmulatorHttpClient.layer(vendor))
  return Effect.provide(call, Layer.merge(layer, Layer.orDie(RetryPolicy.layer({ attempts: 1 }))))
}

describe("an adapter reads", () => {
  it.effect.each(Object.entries(rows))("%s", ([name, row]) =>
    Effect.gen(function* () {
      const { body, headers = {}, status } = fixture(name)
      const reading = answeredWith(name, row.call, body)
      if ("gives" in row) {
        yield* TestClock.setTime(Date.parse(row.at))
        return assert.deepStrictEqual(JSON.parse(JSON.stringify(yield* reading)), row.gives)
      }
      const error = yield* Effect.flip(reading)
      if (!("reason" in error)) assert.fail(error.message)
      const { detail = "", ...reason } = yield* Schema.encodeEffect(Reason)(error.reason)
      const requestId = requestIdIn(headers, body)
      // Removes our own advice from the message.
      const found: unknown = { ...reason, detail: detail.replace(/ — .*/, "") }
      assert.deepStrictEqual(found, {
        _tag: row.fails,
        status,
        ...(requestId === undefined ? {} : { requestId }),
        ...(row.fails === "InvalidRequestError" ? { issues: [] } : {}),
        ...row.told
      })
    })
  )
})

/** Returns variants of the body: for every value, one without it, and one with an empty text or list in its place. */
const withGaps = (value: unknown): ReadonlyArray<unknown> => {
  if (typeof value === "string") return ["", null]
  if (value === null || typeof value !== "object") return [null]
  if (Array.isArray(value)) {
    return [[], ...value.flatMap((item, index) => withGaps(item).map((gap) => value.with(index, gap)))]
  }
  return Object.entries(value).flatMap(([name, item]) => {
    const { [name]: _, ...rest } = Object.fromEntries(Object.entries(value))
    return [rest, ...withGaps(item).map((gap) => ({ ...rest, [name]: gap }))]
  })
}

describe("an error response with missing fields has a complete message", () => {
  const refusals = Object.entries(rows).filter(([name, row]) => "fails" in row && fixture(name).body !== null)
  it.effect.each(refusals)("%s", ([name, { call }]) =>
    Effect.gen(function* () {
      for (const body of withGaps(fixture(name).body)) {
        const error = yield* Effect.flip(answeredWith(name, call, body))
        if (!("reason" in error)) assert.fail(error.message)
        const { reason } = error
        const issues = reason._tag === "InvalidRequestError" ? reason.issues : []
        const told = [reason.detail, reason.code, ...issues.flatMap(({ field, message }) => [field, message])]
        for (const text of told.filter((one) => one !== undefined)) {
          assert.match(text, /^[^\s:;—](.*[^\s:;—])?$/u, JSON.stringify(body))
        }
      }
    })
  )
})

/** Removes the parts of a refusal that differ each time. */
const worded = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body), (name: string, value: unknown) => (name === "request_id" ? "" : value))

/** Returns the shape of a value: its keys and types, and the shapes within a list. */
const shape = (value: unknown): unknown => {
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shape(item))))].toSorted()
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([name, item]) => [name, shape(item)]))
}

describe("the emulator answers like", () => {
  const answers = Object.entries(rows).flatMap(([name, { answer }]) => (answer === undefined ? [] : [{ name, answer }]))
  it.each(answers)("$name", async ({ answer, name }) => {
    const { body, status } = fixture(name)
    const answered = await answer()
    assert.strictEqual(answered.status, status)
    assert.match(answered.headers.get("content-type") ?? "", /^application\/json/)
    const found: unknown = await answered.json()
    assert.deepStrictEqual(shape(found), shape(body))
    // A refusal also has the vendor's texts.
    if (status >= 400) assert.deepStrictEqual(worded(found), worded(body))
  })
})
