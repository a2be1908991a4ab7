/** Exports everything that an operator can export, and searches it for keys, tokens and subjects. */
import { assert, it } from "@effect/vitest"
import * as Events from "@tempcred/core/Events"
import * as Providers from "@tempcred/core/Providers"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import * as WarmPool from "@tempcred/core/WarmPool"
import { serve } from "@tempcred/emulator/Node"
import * as SonioxEmulator from "@tempcred/emulator/Soniox"
import * as SpeechmaticsEmulator from "@tempcred/emulator/Speechmatics"
import { Soniox } from "@tempcred/soniox"
import { Speechmatics } from "@tempcred/speechmatics"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Otlp from "effect/observability/Otlp"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as References from "effect/References"
import { once } from "node:events"
import { createServer } from "node:http"
import { text } from "node:stream/consumers"

const subject = "alice@example.com"

/** Starts an OpenTelemetry collector that keeps its input. */
const collector = async () => {
  const received = new Map<string, string>()
  const server = createServer(async (request, response) => {
    const path = request.url ?? ""
    received.set(path, (received.get(path) ?? "") + (await text(request)))
    response.end("{}")
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { received, url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

it("neither key, token nor subject is in what any exporter sends", { timeout: 20_000 }, async () => {
  const emulators = [SonioxEmulator.make(), SpeechmaticsEmulator.make()] as const
  const [soniox, speechmatics] = emulators
  await using first = await serve(soniox)
  await using second = await serve(speechmatics)
  const collected = await collector()
  const printed: Array<string> = []
  const events: Array<string> = []
  const env = {
    ...soniox.env(first.origin),
    ...speechmatics.env(second.origin),
    TEMPCRED_PROVIDER: "soniox,speechmatics"
  }
  const provider = WarmPool.layer().pipe(
    Layer.provide(Providers.layerConfig([Soniox.adapter, Speechmatics.adapter])),
    Layer.provide(Transport.layerFetch),
    Layer.provide(Events.layer((event) => Effect.sync(() => events.push(JSON.stringify(event))))),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
  )
  const telemetry = Otlp.layerJson({ baseUrl: collected.url, resource: { serviceName: "test" } }).pipe(
    Layer.provide(FetchHttpClient.layer),
    Layer.provideMerge(Logger.layer([Logger.map(Logger.formatJson, (line) => void printed.push(line))])),
    Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "All"))
  )

  const program = Effect.gen(function* () {
    const { mint } = yield* TempCredentialProvider
    const request = { purpose: "stt.realtime", subject } as const
    const echo = { message: `bad key ${soniox.apiKey}`, error: speechmatics.apiKey }
    const tries = [
      mint(request),
      mint(request),
      mint({ ...request, singleUse: true }),
      mint({ purpose: "stt.batch", subject }),
      mint({ purpose: "agent", subject })
    ]
    for (const status of [undefined, 400, 401, 403, 429, 500]) {
      if (status !== undefined) {
        soniox.faults.add(SonioxEmulator.mintRoute, { status, body: echo }, 3)
        speechmatics.faults.add(SpeechmaticsEmulator.mintRoute, { status, body: echo }, 3)
      }
      for (const one of tries) {
        yield* Effect.logInfo("asked for a credential", yield* Effect.result(one))
      }
    }
    events.push(yield* PrometheusMetrics.format())
  })
  await Effect.runPromise(program.pipe(Effect.withSpan("test"), Effect.provide(provider), Effect.provide(telemetry)))
  collected.close()

  const sent = (path: string) => collected.received.get(path) ?? ""
  // The app's own log of a credential contains its subject; the library's output does not.
  const own = [sent("/v1/traces"), sent("/v1/metrics"), ...events].join("\n")
  const all = [own, sent("/v1/logs"), ...printed].join("\n")
  for (const expected of ["soniox.mint", "tempcred_mints_total", "Minted", "MintFailed"]) assert.include(own, expected)
  assert.include(sent("/v1/logs"), "asked for a credential")
  assert.include(printed.join(), "asked for a credential")
  assert.notInclude(own, subject)
  for (const emulator of emulators) {
    assert.isAbove(emulator.issued.length, 0)
    assert.notInclude(all, emulator.apiKey)
    for (const { key } of emulator.issued) assert.notInclude(all, key)
  }
})
