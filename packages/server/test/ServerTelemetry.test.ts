/** A server that variables configure: what it sends to an OpenTelemetry collector. */
import * as Node from "@tempcred/server/Node"
import * as ServerConfig from "@tempcred/server/ServerConfig"
import { Transport } from "@tempcred/core/Transport"
import { serve } from "@tempcred/emulator/Node"
import * as Emulated from "@tempcred/emulator/Soniox"
import * as Soniox from "@tempcred/soniox/Soniox"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { once } from "node:events"
import { createServer } from "node:http"

interface Span {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly parentSpanId?: string
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: Readonly<Record<string, unknown>> }>
}

interface Received {
  readonly path: string
  readonly type: string | undefined
  readonly text: string
}

/** A collector on a local port. */
const collecting = Effect.acquireRelease(
  Effect.promise(async () => {
    const received: Array<Received> = []
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const text = Buffer.concat(chunks).toString("latin1")
        received.push({ path: request.url ?? "", type: request.headers["content-type"], text })
        response.end("{}")
      })
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    const port = address !== null && typeof address === "object" ? address.port : 0
    return { received, endpoint: `http://127.0.0.1:${port}`, server }
  }),
  ({ server }) =>
    Effect.promise(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
)

const emulating = Effect.acquireRelease(
  Effect.promise(() => serve(Emulated.make({ apiKey: "sssh-soniox-long-lived-key" }))),
  (server) => Effect.promise(() => server.close())
)

/** The header of a trace that any client can invent. */
const traceparent = `00-${"5e".repeat(16)}-${"5e".repeat(8)}-01`

const caller = "sssh-a-bearer-token"

/** Starts a server, mints once over HTTP, stops it, and returns the credential's token. */
const mintOnce = Effect.fnUntraced(function* (env: Readonly<Record<string, string>>) {
  const { origin: baseUrl } = yield* emulating
  const provider = Soniox.layer({ apiKey: Redacted.make("sssh-soniox-long-lived-key"), baseUrl })
  const main = Layer.unwrap(
    Effect.map(ServerConfig.load(), ({ authenticator, server, telemetry }) =>
      Node.layer(server).pipe(
        Layer.provide([authenticator, Layer.provide(provider, Transport.layerFetch)]),
        Layer.provide(telemetry)
      )
    )
  )
  const variables = { TEMPCRED_AUTH_BEARER_TOKENS: `sssh-ana=${caller}`, TEMPCRED_PORT: "0", ...env }
  const layer = Layer.provide(main, ConfigProvider.layer(ConfigProvider.fromEnv({ env: variables })))
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const { origin } = Context.get(yield* Layer.build(layer), Node.Listening)
      return yield* Effect.promise(async () => {
        const response = await fetch(`${origin}/v1/credentials?access_token=sssh&sssh`, {
          method: "POST",
          headers: { authorization: `Bearer ${caller}`, "content-type": "application/json", traceparent },
          body: '{"purpose":"stt.realtime"}'
        })
        const credential = (await response.json()) as { readonly token: string }
        assert.strictEqual(response.status, 201)
        return credential.token
      })
    })
  )
})

describe("telemetry", () => {
  it.live("of a mint has arrived when the server has stopped, and contains no secret and no subject", () =>
    Effect.gen(function* () {
      const { endpoint, received } = yield* collecting
      const token = yield* mintOnce({
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test"
      })
      const of = (path: string) => received.filter((one) => one.path === path)
      const text = (path: string) =>
        of(path)
          .map((one) => one.text)
          .join("\n")
      assert.include(text("/v1/traces"), '"soniox.mint"')
      assert.include(text("/v1/metrics"), '"tempcred_mint')
      assert.include(text("/v1/traces"), '{"key":"service.name","value":{"stringValue":"tempcred"}}')
      assert.include(text("/v1/traces"), "deployment.environment.name")
      const all = received.map((one) => one.text).join("\n")
      for (const secret of ["sssh", token, "5e5e5e5e"]) assert.notInclude(all, secret)
    })
  )
  it.live("has one span per request, with its path and status, and the mint in the same trace", () =>
    Effect.gen(function* () {
      const { endpoint, received } = yield* collecting
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" }
      yield* mintOnce(env)
      const spans: ReadonlyArray<Span> = received
        .filter(({ path }) => path === "/v1/traces")
        .flatMap(({ text }) => JSON.parse(text).resourceSpans[0].scopeSpans[0].spans)
      const [server, ...others] = spans.filter(({ kind }) => kind === 2)
      assert.deepStrictEqual(others, [])
      assert.strictEqual(server?.name, "POST")
      const attributes = Object.fromEntries(
        server?.attributes.map(({ key, value }) => [key, Object.values(value)[0]]) ?? []
      )
      assert.include(attributes, { "http.request.method": "POST", "url.path": "/v1/credentials" })
      assert.strictEqual(Number(attributes["http.response.status_code"]), 201)
      assert.notProperty(server, "parentSpanId")
      const mint = spans.find(({ name }) => name === "soniox.mint")
      assert.strictEqual(mint?.traceId, server?.traceId)
    })
  )
  it.live("is protobuf by default, with the service name from OTEL_RESOURCE_ATTRIBUTES", () =>
    Effect.gen(function* () {
      const { endpoint, received } = yield* collecting
      yield* mintOnce({
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_RESOURCE_ATTRIBUTES: "service.name=kiosks",
        OTEL_METRICS_EXPORTER: "none"
      })
      assert.deepStrictEqual(new Set(received.map(({ path }) => path)).has("/v1/metrics"), false)
      const traces = received.filter(({ path }) => path === "/v1/traces")
      assert.strictEqual(traces[0]?.type, "application/x-protobuf")
      assert.include(traces[0]?.text, "kiosks")
      assert.notInclude(traces[0]?.text, "service.name\u0012\n\n\btempcred")
    })
  )
  it.live("is not sent without OTEL_EXPORTER_OTLP_ENDPOINT, or with OTEL_SDK_DISABLED", () =>
    Effect.gen(function* () {
      const { endpoint, received } = yield* collecting
      yield* mintOnce({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint })
      yield* mintOnce({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: "true" })
      assert.deepStrictEqual(received, [])
    })
  )
  it.live(
    "does not delay a request if the collector is unavailable",
    () =>
      Effect.gen(function* () {
        const began = performance.now()
        yield* mintOnce({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" })
        assert.isBelow(performance.now() - began, 8000)
      }),
    15_000
  )
  it.live("fails the layer if variables are invalid", () =>
    Effect.gen(function* () {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_METRIC_EXPORT_INTERVAL: "sssh" }
      const error = yield* Effect.flip(mintOnce(env))
      assert.match(error.message, /^OTEL_\* must be as https:\/\/opentelemetry.io/)
    })
  )
})
