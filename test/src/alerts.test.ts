/** The metrics and alerting rules of docs/production/alerts.md exist as the endpoint exports them. */
import * as Providers from "@tempcred/core/Providers"
import { serve } from "@tempcred/emulator/Node"
import * as SonioxEmulator from "@tempcred/emulator/Soniox"
import * as Authenticator from "@tempcred/server/Authenticator"
import * as TokenServer from "@tempcred/server/TokenServer"
import { Soniox } from "@tempcred/soniox"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import { assert, it } from "vitest"
import { code, read, sources } from "./support/workspace.ts"

const page = read("docs/production/alerts.md")

const metrics = new Set(
  sources.flatMap((path) =>
    Array.from(code(path).matchAll(/\bMetric\.(?:counter|gauge|histogram)\("(\w+)"/g), ([, name = ""]) => name)
  )
)

it("every metric has a row, and every row is a metric", () => {
  const rows = Array.from(page.matchAll(/^\| `(tempcred_\w+)` /gm), ([, name]) => name)
  assert.sameMembers(rows, [...metrics])
})

it("every rule uses metrics and statuses that exist", () => {
  const used = Array.from(page.matchAll(/\btempcred_\w+/g), ([name]) => name.replace(/_(bucket|count|sum)$/, ""))
  assert.deepStrictEqual(
    used.filter((name) => !metrics.has(name)),
    []
  )
})

it("the endpoint exports the series of the rules on the key, on slow mints and on its own failures", async () => {
  const emulator = SonioxEmulator.make()
  await using vendor = await serve(emulator)
  const env = { ...emulator.env(vendor.origin), SONIOX_API_KEY: "wrong", TEMPCRED_PROVIDER: "soniox" }
  const server = TokenServer.make({
    provider: Layer.provide(
      Providers.layerConfig([Soniox.adapter]),
      ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
    ),
    authenticator: Authenticator.layerPromise(async () => ({ subject: "ann" }))
  })
  const response = await server.fetch(
    new Request("https://app.example/v1/credentials", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer of-ann" },
      body: JSON.stringify({ purpose: "stt.realtime" })
    })
  )
  assert.strictEqual(response.status, 502)
  const exported = await (await server.fetch(new Request("https://app.example/metrics"))).text()
  await server.close()
  const series = (name: string, ...labels: ReadonlyArray<string>) =>
    exported.split("\n").filter((line) => line.startsWith(name) && labels.every((label) => line.includes(label)))
  assert.isNotEmpty(series("tempcred_mints_total{", 'provider="soniox"', 'outcome="AuthenticationError"'))
  assert.isNotEmpty(series("tempcred_mint_milliseconds_bucket{", 'provider="soniox"', 'le="'))
  assert.isNotEmpty(series("tempcred_requests_total{", 'status="502"'))
})
