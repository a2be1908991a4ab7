/** Test data is what the vendors' pages say: adapters read it as it is meant, and the emulators answer in the same shape. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import { encode } from "@tempcred/core/TempCredential"
import type { Issue, Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { layer as layerTransport, type Transport } from "@tempcred/core/Transport"
import type { Emulator } from "@tempcred/emulator/Emulator"
import type { Fault } from "@tempcred/emulator/Faults"
import * as EmulatedSoniox from "@tempcred/emulator/Soniox"
import * as EmulatedSpeechmatics from "@tempcred/emulator/Speechmatics"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as Management from "@tempcred/speechmatics/ManagementApi"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { files, read } from "./support/workspace.ts"

const Fixture = Schema.Struct({
  source: Schema.String.check(Schema.isPattern(/^https:\/\/\S+$/)),
  read: Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\d$/)),
  basis: Schema.Literals(["documented", "inferred"]),
  /** What of it no source says. */
  inferred: Schema.optionalKey(Schema.NonEmptyString),
  status: Schema.Int,
  headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  body: Schema.Json
})

const folder = "packages/testing/fixtures/"
const names = files.filter((path) => path.startsWith(folder)).map((path) => path.slice(folder.length, -".json".length))
const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Fixture), { onExcessProperty: "error" })
const fixture = (name: string): typeof Fixture.Type => decode(read(`${folder}${name}.json`))

type Call = Effect.Effect<unknown, TempCredentialError | ConfigurationError, Transport>

const key = Redacted.make("a-long-lived-key")

const minting = (layer: ProviderLayer): Call =>
  TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" })).pipe(
    Effect.map(encode),
    Effect.map(({ connections, expiresAt, expirySource, token, uses }) => {
      return { token, expiresAt, expirySource, uses, placements: connections.map(({ placement }) => placement.in) }
    }),
    Effect.provide(layer)
  )

type Api = Management.ManagementApi["Service"]

const managing = <A>(use: (api: Api) => Effect.Effect<A, TempCredentialError>): Call =>
  Management.ManagementApi.use(use).pipe(Effect.provide(Management.layer({ token: key })))

const sonioxMint = minting(Soniox.layer({ apiKey: key }))
const speechmaticsMint = minting(Speechmatics.layer({ apiKey: key }))
const listKeys = managing((api) => api.listKeys(9))
const listProjects = managing((api) => api.listProjects)
const createKey = managing((api) =>
  Effect.map(api.createPermanentKey({ name: "Backend" }), (made) => `${made.id} ${Redacted.value(made.key)}`)
)
const createTemporaryKey = managing((api) =>
  Effect.map(api.createTemporaryKey({ type: "rt", ttl: Duration.minutes(1) }), Redacted.value)
)
const revokeKey = managing((api) => Effect.as(api.revokeKey("a1b2c3d4e5"), "revoked"))

/** What an adapter makes of a fixture, and the emulator's own answer. */
interface Row {
  readonly call: Call
  /** Missing where no request brings it about. */
  readonly answer: (() => Promise<Response>) | undefined
  /** The moment of the call. */
  readonly at?: string
  /** What the call gives, as JSON. */
  readonly gives?: unknown
  /** Why it fails; what else the reason says stands in the body. */
  readonly fails?: Reason["_tag"]
  readonly issues?: ReadonlyArray<Issue>
}

/** Sends calls such as `POST /path {"a":1}` one after the other, `:id` being the last key's, and gives the last answer. */
const ask = async (emulator: Emulator, bearer: string, ...calls: ReadonlyArray<string>): Promise<Response> => {
  let answer = new Response("")
  for (const call of calls) {
    const id = /"apikey_id":"(\w+)"/.exec(await answer.text())?.[1] ?? ""
    const [, method = "", path = "", body] = /^(\w+) (\S+)(?: (.*))?$/.exec(call.replace(":id", id)) ?? []
    const authorization: Record<string, string> = bearer === "" ? {} : { authorization: `Bearer ${bearer}` }
    const headers = { "content-type": "application/json", ...authorization }
    const url = `https://vendor.example${path}`
    answer = await emulator.handle(new Request(url, { method, headers, ...(body === undefined ? {} : { body }) }))
  }
  return answer
}

const speechmaticsCall = `${EmulatedSpeechmatics.mintRoute}?type=rt {"ttl":60}`
const sonioxCall = `${EmulatedSoniox.mintRoute} {"usage_type":"transcribe_websocket","expires_in_seconds":60}`

const soniox = (options: EmulatedSoniox.Options, call = sonioxCall, bearer?: string, fault?: Fault) => {
  const emulator = EmulatedSoniox.make(options)
  if (fault !== undefined) emulator.faults.add(EmulatedSoniox.mintRoute, fault)
  return () => ask(emulator, bearer ?? emulator.apiKey, call)
}
const failing = (failure: EmulatedSoniox.MintFailure) =>
  soniox({}, sonioxCall, undefined, EmulatedSoniox.mintFault(failure))

const speechmatics = (options: EmulatedSpeechmatics.Options, call = speechmaticsCall, bearer?: string) => {
  const emulator = EmulatedSpeechmatics.make(options)
  return () => ask(emulator, bearer ?? emulator.apiKey, call)
}
const managed = (...calls: ReadonlyArray<string>) => {
  const emulator = EmulatedSpeechmatics.make({ maxKeys: 2 })
  return () => ask(emulator, emulator.managementToken, ...calls)
}

const newKey = 'POST /v1/api-keys {"name":"Backend","client_ref":"USER123"}'
const newProject = 'POST /v1/projects {"name":"Calls","description":"Calls of one customer"}'

const noon = "2026-08-13T12:00:00.000Z"
const token =
  "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3ODY2MjI0MDAsImV4cCI6MTc4NjYyMjQ2MH0.bm90IGEgc2lnbmF0dXJl"

const gives = (call: Call, at: string, gives: unknown, answer?: Row["answer"]): Row => ({ call, at, gives, answer })

const fails = (call: Call, tag: Reason["_tag"], answer?: Row["answer"], ...issues: ReadonlyArray<Issue>): Row => {
  return { call, fails: tag, issues, answer }
}

const minted = (token: string, expiresAt: string, expirySource: string, second: string) => {
  return { token, expiresAt, expirySource, uses: "many", placements: ["header", second] }
}

const rows: Readonly<Record<string, Row>> = {
  "soniox/mint.201": gives(
    sonioxMint,
    "2025-02-22T22:46:37.150Z",
    // No subprotocol can hold the colon.
    minted("temp:WYJ67RBEFUWQXXPKYPD2UGXKWB", "2025-02-22T22:47:37.150Z", "vendor", "message"),
    soniox({ keyForm: "temp:" })
  ),
  "soniox/mint.400": fails(sonioxMint, "InvalidRequestError", soniox({}, sonioxCall.replace("60", "3601")), {
    field: "ttl",
    message: "Input should be less than or equal to 3600"
  }),
  "soniox/mint.401": fails(sonioxMint, "AuthenticationError", soniox({}, sonioxCall, "another")),
  "soniox/mint.402": fails(sonioxMint, "QuotaError", failing("organization_balance_exhausted")),
  "soniox/mint.403": fails(sonioxMint, "PermissionError", soniox({ apiKey: "k", permissions: { k: ["stt"] } })),
  "soniox/mint.429": fails(sonioxMint, "RateLimitError", soniox({ mintsPerMinute: 0 })),
  "soniox/mint.500": fails(sonioxMint, "UnavailableError", failing("internal_error")),
  "soniox/mint.503": fails(sonioxMint, "UnavailableError", failing("service_unavailable")),
  "speechmatics/mint.201": gives(
    speechmaticsMint,
    // Its own expiry counts, and not a minute from now.
    "2026-08-13T12:00:20.000Z",
    minted(token, "2026-08-13T12:01:00.000Z", "jwt", "query"),
    speechmatics({})
  ),
  "speechmatics/mint-elided.201": gives(
    speechmaticsMint,
    noon,
    minted("eyJhbG...", "2026-08-13T12:01:00.000Z", "request", "query"),
    speechmatics({})
  ),
  "speechmatics/mint.401": fails(speechmaticsMint, "AuthenticationError", speechmatics({}, speechmaticsCall, "")),
  "speechmatics/mint-wrong-key.401": fails(
    speechmaticsMint,
    "AuthenticationError",
    speechmatics({ wrongKeyStatus: 401 }, speechmaticsCall, "another")
  ),
  "speechmatics/mint.403": fails(
    speechmaticsMint,
    "AuthenticationError",
    speechmatics({}, speechmaticsCall, "another")
  ),
  "speechmatics/mint.404": fails(speechmaticsMint, "InvalidRequestError", managed("POST /v1/v1/api_keys")),
  "speechmatics/mint.422": fails(
    speechmaticsMint,
    "InvalidRequestError",
    speechmatics({}, speechmaticsCall.replace("60", "30")),
    { field: "ttl", message: "should be greater than or equal to 60" }
  ),
  "speechmatics/mint.429": fails(speechmaticsMint, "RateLimitError", speechmatics({ mintsPerMinute: 0 })),
  "speechmatics/mint.500": fails(speechmaticsMint, "UnavailableError"),
  "speechmatics/api-keys.200": gives(
    listKeys,
    noon,
    [
      { id: "a1b2c3d4e5", name: "Backend", createdAt: noon },
      { id: "f6g7h8i9j0", name: "Backend", createdAt: noon, clientRef: "USER123" }
    ],
    managed(newKey, "GET /v1/api-keys")
  ),
  "speechmatics/api-keys.403": fails(listKeys, "PermissionError", speechmatics({}, "GET /v1/api-keys", "another")),
  "speechmatics/api-keys.404": fails(listKeys, "InvalidRequestError", managed("GET /v1/api-keys?project_id=9")),
  "speechmatics/api-keys.410": fails(
    listKeys,
    "InvalidRequestError",
    managed(newProject, "DELETE /v1/projects/2", "GET /v1/api-keys?project_id=2")
  ),
  "speechmatics/projects.200": gives(
    listProjects,
    noon,
    [
      { id: 1, name: "Default", isDefault: true, isActive: true, createdAt: noon },
      { id: 2, name: "Calls", description: "Calls of one customer", isDefault: false, isActive: true, createdAt: noon }
    ],
    managed(newProject, "GET /v1/projects")
  ),
  "speechmatics/projects-null.200": gives(listProjects, noon, [
    { id: 1, name: "Default", isDefault: null, isActive: null }
  ]),
  "speechmatics/projects.500": fails(listProjects, "UnavailableError"),
  "speechmatics/create-key.201": gives(createKey, noon, "a1b2c3d4e5 not-a-key-of-anybody", managed(newKey)),
  "speechmatics/create-key.403": fails(createKey, "PermissionError", managed(newKey, newKey)),
  "speechmatics/create-temporary-key.201": gives(
    createTemporaryKey,
    noon,
    token,
    managed('POST /v1/api-keys?type=rt {"ttl":60}')
  ),
  "speechmatics/revoke-key.200": gives(revokeKey, noon, "revoked", managed(newKey, "DELETE /v1/api-keys/:id")),
  "speechmatics/revoke-key.404": fails(revokeKey, "InvalidRequestError", managed("DELETE /v1/api-keys/a1b2c3d4e5"))
}

it.each(names)("%s says where it is from, and when that was read", (name) => {
  const { basis, inferred, read, status } = fixture(name)
  assert.strictEqual(`${status}`, name.split(".").at(-1))
  assert.isTrue(new Date(read).toISOString().startsWith(read), "no such day")
  assert.isAtMost(Date.parse(read), Date.now())
  assert.strictEqual(inferred !== undefined, basis === "inferred", "what is inferred is said, and nothing else")
})

it("each has a row here, and is published", () => {
  assert.sameMembers(Object.keys(rows), names)
  const manifest = Schema.Struct({ files: Schema.Array(Schema.String) })
  const { files } = Schema.decodeUnknownSync(Schema.fromJsonString(manifest))(read("packages/testing/package.json"))
  assert.include(files, "fixtures")
})

const text = Schema.optionalKey(Schema.String)
const code = Schema.optionalKey(Schema.Int)
const Failure = Schema.Struct({ code, detail: text, error: text, error_type: text, message: text, request_id: text })

describe("an adapter reads", () => {
  it.effect.each(Object.entries(rows))("%s", ([name, { at, call, fails, gives, issues }]) =>
    Effect.gen(function* () {
      const { body, headers = {}, status } = fixture(name)
      if (at !== undefined) yield* TestClock.setTime(Date.parse(at))
      const vendor = { hosts: {}, handle: () => Promise.resolve(Response.json(body, { status, headers })) }
      const layer = Layer.provide(layerTransport, EmulatorHttpClient.layer(vendor))
      const reading = Effect.provide(call, Layer.merge(layer, Layer.orDie(RetryPolicy.layer({ attempts: 1 }))))
      if (fails === undefined) return assert.deepStrictEqual(JSON.parse(JSON.stringify(yield* reading)), gives)
      const error = yield* Effect.flip(reading)
      if (!("reason" in error)) assert.fail(error.message)
      const { reason } = error
      const told = Schema.decodeUnknownSync(Failure)(body)
      assert.strictEqual(reason._tag, fails)
      assert.strictEqual(reason.status, status)
      assert.strictEqual(reason.code, told.error_type ?? told.code?.toString())
      assert.strictEqual(reason.requestId, told.request_id)
      // What to do about it follows in our own words.
      const [said] = reason.detail?.split(" — ") ?? []
      assert.strictEqual(
        said,
        told.message ?? [told.error, told.detail].filter((part) => part !== undefined).join(": ")
      )
      assert.deepStrictEqual(reason._tag === "InvalidRequestError" ? [...reason.issues] : [], issues)
    })
  )
})

/** What of an answer is the same each time. */
const worded = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body), (name: string, value: unknown) => (name === "request_id" ? "" : value))

/** The same keys and types, whatever the values; of a list, which shapes are in it. */
const shape = (value: unknown): unknown => {
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shape(item))))].toSorted()
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, item]) => [name, shape(item)])
  )
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
    // A refusal has the vendor's words, too.
    if (status >= 400) assert.deepStrictEqual(worded(found), worded(body))
  })
})
