/** The token endpoint before emulated vendors, with the caches that apps put between the two. */
import { layer as httpClientTransport } from "@tempcred/core/HttpClientTransport"
import * as Providers from "@tempcred/core/Providers"
import type { Response as Answer } from "@tempcred/core/TokenEndpoint"
import * as ElevenLabs from "@tempcred/elevenlabs/ElevenLabs"
import type { Emulator } from "@tempcred/emulator/Emulator"
import * as ElevenLabsEmulator from "@tempcred/emulator/ElevenLabs"
import * as Authenticator from "@tempcred/server/Authenticator"
import * as TokenServer from "@tempcred/server/TokenServer"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { assert, describe, it } from "vitest"

const callers = ["ana", "bob"].map((subject) => ({ subject, token: Redacted.make(`${subject}-secret-token-0`) }))

/** An endpoint whose provider is built as configuration says, and what asks it. */
const endpoint = (emulator: Emulator, env: Readonly<Record<string, string>>, options: TokenServer.Options = {}) => {
  const server = TokenServer.make({
    ...options,
    authenticator: Authenticator.layerBearer(callers),
    provider: Providers.layerConfig([Speechmatics.adapter, ElevenLabs.adapter], {
      redis: (url) => NodeRedis.layer({ url })
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
    for (const purpose of Object.keys(ElevenLabs.capabilities)) {
      const { expiresAt, issuedAt } = await server.credential({ purpose })
      assert.strictEqual(Date.parse(expiresAt) - Date.parse(issuedAt), 900_000, purpose)
    }
  })

  it("is not asked where the policy allows less", async () => {
    const emulator = make()
    await using server = endpoint(emulator, env, { policy: { terms: { maxTtl: "5 minutes" } } })
    const response = await server.ask({ purpose: "stt.realtime" })
    assert.strictEqual(response.status, 403)
    const { issues } = await response.json()
    assert.deepStrictEqual(issues, [
      {
        field: "purpose",
        message: "stt.realtime has credentials of 900 seconds or more, and the policy allows 300"
      }
    ])
    assert.deepStrictEqual(emulator.log, [])
  })
})
