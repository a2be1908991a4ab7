/** Output, logs, traces, errors and metrics never contain the long-lived key or the token. */
import { checkKey, ConfigurationError } from "@tempcred/core/ConfigurationError"
import * as Connection from "@tempcred/core/Connection"
import * as Minter from "@tempcred/core/Minter"
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import { Json, TempCredential } from "@tempcred/core/TempCredential"
import { Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import * as Provider from "../src/adapter/Provider.ts"
import * as Acme from "./acme.ts"

const forms = (value: unknown): string =>
  [
    String(value),
    JSON.stringify(value),
    inspect(value, { depth: 20, showHidden: true, getters: true }),
    value instanceof Error ? `${value.message}\n${value.stack}\n${inspect(value.cause, { depth: 20 })}` : ""
  ].join("\n")

const assertClean = (printed: string) => {
  assert.notInclude(printed, Acme.key)
  assert.notInclude(printed, Acme.token)
}

const echo = `you sent Bearer ${Acme.key} to /x?k=${encodeURIComponent(Acme.key)}`

const steps: ReadonlyArray<Acme.Step> = [
  Acme.ok,
  { status: 400, body: { code: "bad_ttl", message: echo } },
  { status: 401, body: { code: Acme.key, message: echo }, headers: { "x-request-id": Acme.key } },
  { status: 403, body: echo, headers: { "content-type": "text/plain" } },
  { status: 429, body: { message: echo.repeat(50) } },
  { status: 500, body: `<html>${echo}</html>` },
  { status: 201, body: `{"token": "${Acme.token}", ` },
  { status: 201, body: { token: { nested: Acme.token } } },
  "reset"
]

for (const step of steps) {
  it.effect(`no form of output contains a secret: ${JSON.stringify(step).slice(0, 60)}`, () =>
    Effect.gen(function* () {
      const printed: Array<string> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          const end = span.end.bind(span)
          span.end = (time, exit) => {
            end(time, exit)
            printed.push(inspect([...span.attributes], { depth: 9 }), inspect(span.events, { depth: 9 }))
            printed.push(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : forms(exit.value))
          }
          return span
        }
      })
      const logger = Logger.make<unknown, void>(({ cause, message }) => {
        printed.push(forms(message), Cause.pretty(cause))
      })
      const exit = yield* TempCredentialProvider.use((provider) =>
        Effect.tap(provider.mint({ purpose: "stt.realtime" }), (credential) => Effect.logTrace("minted", credential))
      ).pipe(
        Effect.tapCause((cause) => Effect.logError("failed", cause)),
        Effect.exit,
        Effect.provide(
          Layer.mergeAll(
            Acme.layer().pipe(Layer.provide([Acme.vendor(step).layer, RetryPolicy.layerNone])),
            Logger.layer([logger])
          )
        ),
        Effect.provideService(References.MinimumLogLevel, "All"),
        Effect.provideService(Tracer.Tracer, tracer)
      )
      printed.push(forms(exit), Exit.isFailure(exit) ? Cause.pretty(exit.cause) : forms(exit.value))
      printed.push(inspect(yield* Metric.snapshot, { depth: 9 }))
      assert.isAbove(printed.length, 4)
      assertClean(printed.join("\n"))
    })
  )
}

it.effect("the vendor's message is kept in one line, cut at 300 characters", () =>
  Effect.gen(function* () {
    const message = `first\nlevel=fatal ${Acme.key} ${"x".repeat(245)}${Acme.key}`
    const error = yield* TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" })).pipe(
      Effect.provide(Acme.layer().pipe(Layer.provide(Acme.vendor({ status: 401, body: { message } }).layer))),
      Effect.flip
    )
    const detail = error.reason.detail ?? ""
    assert.match(detail, /^first level=fatal <redacted> x+/)
    assert.match(detail, /… — check ACME_API_KEY$/)
    assert.strictEqual(detail.length, 300)
    assertClean(detail)
    // The cut falls into the key: no prefix of the key remains either.
    assert.notInclude(detail.slice(30), Acme.key.slice(0, 5))
  })
)

it.effect("the key cannot be reached from an error", () =>
  Effect.gen(function* () {
    const error = yield* TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" })).pipe(
      Effect.provide(Acme.layer().pipe(Layer.provide(Acme.vendor({ status: 401 }).layer))),
      Effect.flip
    )
    const seen = new Set<unknown>()
    const walk = (value: unknown): void => {
      if (typeof value === "string") assertClean(value)
      if (Redacted.isRedacted(value)) assert.fail("the error has a redacted value")
      if (typeof value !== "object" || value === null || seen.has(value)) return
      seen.add(value)
      for (const name of Reflect.ownKeys(value)) walk(Reflect.get(value, name))
    }
    walk(error)
    assert.isAbove(seen.size, 1)
  })
)

describe("a credential", () => {
  const minted = TempCredentialProvider.use((provider) =>
    provider.mint({ purpose: "stt.realtime", subject: "u1", maxSession: "5 minutes" })
  ).pipe(Effect.provide(Acme.layer().pipe(Layer.provide(Acme.vendor(Acme.ok).layer))))

  it.effect("exposes its token only in encode, and decodes to an equal credential", () =>
    Effect.gen(function* () {
      const credential = yield* minted
      const sent = JSON.stringify(TempCredential.encode(credential))
      assert.include(sent, `"token":"${Acme.token}"`)
      assert.include(sent, '"maxSessionSeconds":300')
      assert.include(sent, '"expiresAt":"1970-01-01T00:01:00.000Z"')
      assert.isTrue(Schema.is(Json)(JSON.parse(sent)))
      assert.deepStrictEqual(yield* TempCredential.decode(JSON.parse(sent)), credential)
    })
  )
  it.effect("that cannot be decoded is an error with the field's name, without the token", () =>
    Effect.gen(function* () {
      const broken = { ...TempCredential.encode(yield* minted), expiresAt: "soon" }
      const error = yield* Effect.flip(TempCredential.decode(broken))
      assert.include(error.message, "expiresAt")
      assertClean(forms(error.message))
    })
  )
  it.effect("has no secret in its connections", () =>
    Effect.gen(function* () {
      const { connections, token } = yield* minted
      assertClean(forms(connections))
      assert.deepStrictEqual(Connection.fill(connections[0], token).headers, {
        Authorization: `Bearer ${Acme.token}`
      })
    })
  )
})

it("a key with a character that is invalid in a header is a configuration error without the key", () => {
  for (const value of ["se\ncret-key", "secret\r\n-key", "secret key", "secret-kéy", "\u0000secret-key", ""]) {
    const issues = checkKey("ACME_API_KEY", Redacted.make(value))
    const error = new ConfigurationError({ issues })
    assert.match(error.message, /^ACME_API_KEY (holds|is empty)/)
    assert.notMatch(forms(error), /se.?cret/s)
  }
  assert.deepStrictEqual(checkKey("ACME_API_KEY", Redacted.make("sk-live_~=+/.")), [])
})

it("a printed Minter does not contain the key", async () => {
  await using minter = Minter.make(Layer.effect(TempCredentialProvider, Provider.make(Acme.spec())), {
    transport: Acme.vendor(Acme.ok).layer
  })
  await minter.mint({ purpose: "stt.realtime" })
  assertClean(forms(minter))
})

it.effect("an encoded error decodes to the same class", () =>
  Effect.gen(function* () {
    const error = yield* TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" })).pipe(
      Effect.provide(Acme.layer().pipe(Layer.provide(Acme.vendor({ status: 400, body: { code: "bad_ttl" } }).layer))),
      Effect.flip
    )
    const codec = Schema.toCodecJson(TempCredentialError)
    const back = yield* Schema.decodeUnknownEffect(codec)(
      JSON.parse(JSON.stringify(yield* Schema.encodeEffect(codec)(error)))
    )
    assert.instanceOf(back, TempCredentialError)
    assert.isTrue(Schema.is(Reason)(back.reason))
    assert.strictEqual(back.message, error.message)
    assert.include(back.message, "acme: the request is invalid: ttl: too long (status 400, bad_ttl)")
  })
)
