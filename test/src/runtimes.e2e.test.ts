/** The token endpoint on every supported runtime: the programs of `examples/server`, with emulated vendors. */
import * as Connection from "@tempcred/core/Connection"
import { TempCredential } from "@tempcred/core/TempCredential"
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import { serve, type Server } from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Speechmatics from "@tempcred/emulator/Speechmatics"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { exportJWK, generateKeyPair, SignJWT } from "jose"
import { once } from "node:events"
import { createServer } from "node:http"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { until } from "./support/fleet.ts"
import { programs, start, type Running } from "./support/runtimes.ts"
import { soniox, speechmatics, transcript } from "./support/talks.ts"

const vendors = [
  { emulator: Soniox.make(), mintRoute: Soniox.mintRoute, talk: soniox["stt.realtime"] },
  { emulator: Speechmatics.make(), mintRoute: Speechmatics.mintRoute, talk: speechmatics["stt.realtime"] }
] as const

/** Two keys, of which the app publishes the first. */
const [key, forger] = await Promise.all([generateKeyPair("ES256"), generateKeyPair("ES256")])

const jwt = (subject: string, { privateKey } = key): Promise<string> =>
  new SignJWT()
    .setProtectedHeader({ alg: "ES256" })
    .setSubject(subject)
    .setAudience("speech")
    .setExpirationTime("1 minute")
    .sign(privateKey)

/** Publishes the app's key set. */
const publish = async () => {
  const keys = [await exportJWK(key.publicKey)]
  const server = createServer((_, response) => response.end(JSON.stringify({ keys }))).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/jwks.json`
  return { url, close: () => server.close() }
}

const ask = (origin: string, token: string | undefined, body = '{"purpose":"stt.realtime"}'): Promise<Response> =>
  fetch(origin + TokenEndpoint.path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      // Leaves no connection open that a stopping server would wait for.
      connection: "close",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` })
    },
    body,
    signal: AbortSignal.timeout(10_000)
  })

const problem = async (response: Response) => {
  assert.strictEqual(response.headers.get("content-type"), "application/problem+json")
  const { issues = [], reason, status }: TokenEndpoint.Problem = await response.json()
  assert.strictEqual(status, response.status)
  return { status, reason, fields: issues.map(({ field }) => field) }
}

const unauthenticated: Awaited<ReturnType<typeof problem>> = { status: 401, reason: "UnauthenticatedError", fields: [] }

it.for([...new Map(programs.map(({ path, runtime }) => [runtime, path]))])(
  "%s is on this machine",
  ([runtime, path], { skip }) => {
    if (path !== undefined) return
    const message = `${runtime} is not on this machine, so its example is not run: .ci/run says how to install it`
    if (process.env["REQUIRE_SERVICES"] === "1") assert.fail(message)
    process.stderr.write(`${message}\n`)
    skip(message)
  }
)

const jwks = await publish()
afterAll(jwks.close)

const pairs = vendors.flatMap((vendor) => programs.map((program) => ({ ...program, ...vendor, program })))

describe.each(pairs)("$file on $runtime, with $emulator.vendor", ({ emulator, mintRoute, path, program, talk }) => {
  let vendor: Server
  let running: Running

  beforeAll(async () => {
    vendor = await serve(emulator)
    if (path === undefined) return
    running = await start(program, {
      TEMPCRED_PROVIDER: emulator.vendor,
      ...emulator.env(vendor.origin),
      JWKS_URL: jwks.url
    })
  }, 30_000)

  afterAll(async () => {
    await running?.stop()
    await vendor.close()
  })

  const test = it.skipIf(path === undefined)

  test("mints a credential for a valid JWT, and the vendor accepts it", async () => {
    const response = await ask(running.origin, await jwt("user-1"))
    assert.strictEqual(response.status, 201)
    assert.strictEqual(response.headers.get("cache-control"), "no-store")
    const { connections, provider, token } = await Effect.runPromise(TempCredential.decode(await response.json()))
    assert.strictEqual(provider, emulator.vendor)
    const connection = Option.getOrThrow(Connection.choose(connections, "browser", "websocket"))
    assert.deepStrictEqual(await talk(Connection.fill(connection, token)), transcript)
  })

  test("refuses a missing JWT, and one that the app did not sign", async () => {
    const response = await ask(running.origin, undefined)
    assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/)
    assert.deepStrictEqual(await problem(response), unauthenticated)
    const forged = await ask(running.origin, await jwt("user-1", forger))
    assert.deepStrictEqual(await problem(forged), unauthenticated)
  })

  test("names the invalid field of a request", async () => {
    const body = '{"purpose":"stt.realtime","subject":"user-2"}'
    const response = await ask(running.origin, await jwt("user-1"), body)
    assert.deepStrictEqual(await problem(response), { status: 400, reason: "InvalidRequestError", fields: ["subject"] })
  })

  test("serves a crowd at once", async () => {
    const users = Array.from({ length: 40 }, (_, index) => `user-${index % 8}`)
    const answers = await Promise.all(users.map(async (user) => ask(running.origin, await jwt(user))))
    const statuses = answers.map(({ status }) => status)
    assert.deepStrictEqual(new Set(statuses), new Set([201]))
    await Promise.all(answers.map((answer) => answer.text()))
  })

  test("answers pending requests after SIGTERM, and prints no secret", async () => {
    const minted = emulator.log.length
    emulator.faults.add(mintRoute, { delay: 150 })
    const answer = jwt("user-9").then((token) => ask(running.origin, token))
    await until(() => emulator.log.length > minted)
    const [{ status }, code] = await Promise.all([answer, running.stop()])
    assert.strictEqual(status, 201)
    // Effect exits with 130 after a signal.
    assert.include([0, 130], code)
    const secrets = [emulator.apiKey, "eyJ", "snx_temp_"]
    assert.deepStrictEqual(
      secrets.filter((one) => running.printed().includes(one)),
      []
    )
  })
})
