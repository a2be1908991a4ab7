/** The token endpoint before emulated vendors, with the caches that apps put between the two. */
import { layer as httpClientTransport } from "@tempcred/core/HttpClientTransport"
import * as Providers from "@tempcred/core/Providers"
import type { Response as Answer } from "@tempcred/core/TokenEndpoint"
import * as ElevenLabs from "@tempcred/elevenlabs/ElevenLabs"
import type { Emulator } from "@tempcred/emulator/Emulator"
import * as ElevenLabsEmulator from "@tempcred/emulator/ElevenLabs"
import * as SpeechmaticsEmulator from "@tempcred/emulator/Speechmatics"
import * as Redis from "@tempcred/redis/Redis"
import * as Authenticator from "@tempcred/server/Authenticator"
import * as TokenServer from "@tempcred/server/TokenServer"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { randomBytes } from "node:crypto"
import { assert, describe, inject, it } from "vitest"

const redisUrl = inject("redisUrl") ?? ""

const callers = ["ana", "bob"].map((subject) => ({ subject, token: Redacted.make(`${subject}-secret-token-0`) }))

/** An endpoint whose provider is built as configuration says, and what asks it. */
const endpoint = (emulator: Emulator, env: Readonly<Record<string, string>>, options: TokenServer.Options = {}) => {
  const server = TokenServer.make({
    ...options,
    authenticator: Authenticator.layerBearer(callers),
    provider: Providers.layerConfig([Speechmatics.adapter, ElevenLabs.adapter], {
      redis: Redis.connect
    }).pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))),
    transport: Layer.provide(httpClientTransport, EmulatorHttpClient.layer(emulator))
  })
  const ask = (body: object, subject = "ana") =>
    server.fetch(
      new Request("https://app.example/v1/credentials", {
        method: "POST",
        headers: { authorization: `Bearer ${subject}-secret-token-0`, "content-type": "application/json" },
        body: JSON.stringify(body)
      })
    )
  const credential = async (body: object = {}, subject = "ana"): Promise<Answer> => {
    const response = await ask({ purpose: "stt.realtime", ...body }, subject)
    const text = await response.text()
    assert.strictEqual(response.status, 201, text)
    return JSON.parse(text)
  }
  return { ask, credential, [Symbol.asyncDispose]: server.close }
}

const speechmatics = () => {
  const emulator = SpeechmaticsEmulator.make({ apiKey: "speechmatics-key-of-the-test" })
  const env = { TEMPCRED_PROVIDER: "speechmatics", SPEECHMATICS_API_KEY: "speechmatics-key-of-the-test" }
  return { emulator, env }
}

describe("a vendor whose shortest ttl is longer than five minutes", () => {
  const env = {
    TEMPCRED_PROVIDER: "elevenlabs",
    ELEVENLABS_API_KEY: "elevenlabs-key-of-the-test",
    ELEVENLABS_AGENT_ID: "agent_of_the_test",
    ELEVENLABS_VOICE_ID: "voice0of0the0test000"
  }
  const make = () => ElevenLabsEmulator.make({ apiKey: env.ELEVENLABS_API_KEY })

  it("serves the default endpoint for every purpose", async () => {
    await using server = endpoint(make(), env)
    for (const purpose of Object.keys(ElevenLabs.adapter.capabilities)) {
      const { expiresAt, issuedAt } = await server.credential({ purpose })
      assert.strictEqual(Date.parse(expiresAt) - Date.parse(issuedAt), 900_000, purpose)
    }
  })

  it("is not asked if the policy allows less", async () => {
    const emulator = make()
    await using server = endpoint(emulator, env, { policy: { terms: { maxTtl: "5 minutes" } } })
    const response = await server.ask({ purpose: "stt.realtime" })
    assert.strictEqual(response.status, 403)
    const { issues } = await response.json()
    assert.deepStrictEqual(issues, [
      {
        field: "purpose",
        message: "stt.realtime has a shortest ttl of 900 seconds, and the policy allows 300"
      }
    ])
    assert.deepStrictEqual(emulator.log, [])
  })
})

describe("a refused credential", () => {
  it("is not served again, and another subject keeps its own", async () => {
    const { emulator, env } = speechmatics()
    await using server = endpoint(emulator, env)
    const [ana, bob] = [await server.credential(), await server.credential({}, "bob")]
    assert.strictEqual((await server.credential()).token, ana.token)
    const other = await server.credential({ refused: ana.fingerprint })
    assert.notStrictEqual(other.token, ana.token)
    // A report that comes late, or of somebody else's credential, changes nothing.
    for (const refused of [ana.fingerprint, bob.fingerprint]) {
      assert.strictEqual((await server.credential({ refused })).token, other.token)
    }
    assert.strictEqual((await server.credential({}, "bob")).token, bob.token)
    assert.lengthOf(emulator.log, 3)
  })

  it("is renewed if it has less than the requested remaining lifetime", async () => {
    const { emulator, env } = speechmatics()
    await using server = endpoint(emulator, env)
    const first = await server.credential({ ttlSeconds: 60 })
    assert.strictEqual((await server.credential({ ttlSeconds: 60, minRemainingSeconds: 30 })).token, first.token)
    const other = await server.credential({ ttlSeconds: 60, minRemainingSeconds: 60 })
    assert.notStrictEqual(other.token, first.token)
  })

  it.skipIf(redisUrl === "")("is not served by another machine that shares through Redis", async () => {
    const { emulator, env } = speechmatics()
    const shared = { ...env, TEMPCRED_CACHE: redisUrl, TEMPCRED_CACHE_KEY: randomBytes(32).toString("base64") }
    await using one = endpoint(emulator, shared)
    await using two = endpoint(emulator, shared)
    const [ana, bob] = [await one.credential(), await one.credential({}, "bob")]
    assert.strictEqual((await two.credential()).token, ana.token)
    assert.strictEqual((await two.credential({}, "bob")).token, bob.token)
    const other = await two.credential({ refused: ana.fingerprint })
    assert.notStrictEqual(other.token, ana.token)
    assert.strictEqual((await one.credential({ refused: ana.fingerprint })).token, other.token)
    assert.strictEqual((await one.credential({}, "bob")).token, bob.token)
    assert.lengthOf(emulator.log, 3)
  })
})
