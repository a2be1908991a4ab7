/** A source before a token endpoint on a real port, by the platform's own `fetch`. */
import { source, SourceError } from "@tempcred/client"
import type { Fault } from "@tempcred/emulator/Faults"
import { serve } from "@tempcred/emulator/Node"
import { assert, it, onTestFinished } from "vitest"
import { make, mintRoute, type Options, problem } from "./endpoint.ts"

const start = async (...faults: ReadonlyArray<Fault>) => startWith({}, ...faults)

const startWith = async (options: Options, ...faults: ReadonlyArray<Fault>) => {
  const emulator = make(options)
  const server = await serve(emulator)
  onTestFinished(() => server.close())
  for (const fault of faults) emulator.faults.add(mintRoute, fault)
  const endpoint = `${server.origin}/v1/credentials`
  const bearer = (key: string) => source({ endpoint, headers: async () => ({ authorization: `Bearer ${key}` }) })
  return { emulator, get: bearer(emulator.apiKey).get, stranger: bearer("a stranger's").get }
}

const failureOf = async (getting: Promise<unknown>) => {
  const error = await getting.catch((failure: unknown) => failure)
  assert.instanceOf(error, SourceError)
  return error.failure
}

const request = { purpose: "stt.realtime" } as const

it("receives the credential of its request", async () => {
  const { get } = await start()
  const asked = { ttlSeconds: 30, maxSessionSeconds: 600, region: "eu" }
  const { expiresAt, issuedAt, ...credential } = await get({ ...request, ...asked })
  assert.strictEqual(Date.parse(expiresAt) - Date.parse(issuedAt), 30_000)
  assert.deepInclude(credential, { provider: "acme", uses: "many", maxSessionSeconds: 600, region: "eu" })
  assert.strictEqual((await get({ ...request, singleUse: true })).uses, "once")
})

it("receives the reason of a refusal", async () => {
  const { get, stranger } = await start()
  assert.deepInclude(await failureOf(stranger(request)), { kind: "unauthenticated", status: 401 })
  const invalid = await failureOf(get({ ...request, ttlSeconds: 0.5 }))
  assert.deepInclude("problem" in invalid ? invalid.problem : {}, {
    reason: "InvalidRequestError",
    issues: [{ field: "ttlSeconds", message: "is not allowed" }]
  })
  assert.deepInclude(await failureOf(get({ ...request, ttlSeconds: 100_000 })), { kind: "forbidden", status: 403 })
  const unsupported = await failureOf(get({ ...request, region: "atlantis" }))
  assert.deepInclude("problem" in unsupported ? unsupported.problem : {}, {
    reason: "UnsupportedError",
    feature: "region"
  })
})

it("tries again after a reset, and after a 503 with Retry-After", { timeout: 10_000 }, async () => {
  const busy = problem(503, "RateLimitError", "the speech vendor's rate limit is exceeded", { retryAfter: 1 })
  const { emulator, get } = await start({ reset: true }, busy)
  assert.strictEqual((await get(request)).provider, "acme")
  assert.deepStrictEqual(
    emulator.log.map(({ status }) => status),
    [0, 503, 201]
  )
})

it("does not use a response that breaks off, and does not mint again", async () => {
  const { emulator, get } = await start({ cut: 20 })
  assert.deepInclude(await failureOf(get(request)), { kind: "garbled", status: 201 })
  assert.lengthOf(emulator.log, 1)
})

it("follows no redirect", async () => {
  const { emulator, get } = await start({ redirect: "/v1/credentials" })
  assert.deepInclude(await failureOf(get(request)), { kind: "redirected" })
  assert.lengthOf(emulator.log, 1)
})

it("measures a lifetime by the endpoint's clock", async () => {
  const clock = { now: () => Date.now() + 3_600_000, after: (_: number, run: () => void) => (run(), () => {}) }
  const { emulator, get } = await startWith({ clock })
  assert.strictEqual(await get(request), await get(request))
  assert.lengthOf(emulator.log, 1)
})
