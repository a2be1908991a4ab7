/** The token endpoint with its default policy, for every vendor. */
import { layer as httpClientTransport } from "@tempcred/core/HttpClientTransport"
import * as Providers from "@tempcred/core/Providers"
import { systemClock } from "@tempcred/emulator/Emulator"
import * as Authenticator from "@tempcred/server/Authenticator"
import * as TokenServer from "@tempcred/server/TokenServer"
import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { assert, describe, it } from "vitest"
import { vendors } from "./support/vendors.ts"

const caller = { subject: "ana", token: Redacted.make("token-of-ana-at-the-app") }

describe.each(vendors)("$name", ({ adapter, emulator: make }) => {
  const purposes = Object.entries(adapter.capabilities)

  it.each(purposes)("serves %s to the default request, for no longer than it must", async (purpose, capability) => {
    const emulator = make(systemClock)
    const env = { ...emulator.env("http://127.0.0.1:9"), TEMPCRED_PROVIDER: adapter.id }
    const provider = Providers.layerConfig([adapter])
    await using server = TokenServer.make({
      authenticator: Authenticator.layerBearer([caller]),
      provider: Layer.provide(provider, ConfigProvider.layer(ConfigProvider.fromEnv({ env }))),
      transport: Layer.provide(httpClientTransport, EmulatorHttpClient.layer(emulator))
    })
    const answer = await server.fetch(
      new Request("https://app.example/v1/credentials", {
        method: "POST",
        headers: { authorization: `Bearer ${Redacted.value(caller.token)}`, "content-type": "application/json" },
        body: JSON.stringify({ purpose })
      })
    )
    const text = await answer.text()
    assert.strictEqual(answer.status, 201, text)
    const { expiresAt, issuedAt } = JSON.parse(text)
    const seconds = (Date.parse(expiresAt) - Date.parse(issuedAt)) / 1000
    assert.isAtMost(seconds, Math.max(300, capability.ttlSeconds.min) + 1)
  })
})
