/** The span of a request as an Effect tracer gets it. */
import * as Errors from "@tempcred/core/TempCredentialError"
import * as TokenServer from "@tempcred/server/TokenServer"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import { asks, authenticator, failing, get, vendor } from "./server.ts"

const traceId = "5e".repeat(16)

/** Makes one request through fetch, and returns its span and status. */
const traced = Effect.fnUntraced(function* (
  request: Request,
  options: TokenServer.Options = {},
  { layer: provider } = vendor()
) {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (given) => {
      const span = new Tracer.NativeSpan(given)
      spans.push(span)
      return span
    }
  })
  // Layers that are built within a span have it as parent; the request's span must not.
  const started = Layer.provideMerge(Layer.span("start"), Layer.succeed(Tracer.Tracer, tracer))
  const services = Layer.mergeAll(authenticator, started, Logger.layer([]))
  const server = TokenServer.make({ ...options, provider, authenticator: services })
  const { status } = yield* Effect.promise(() => server.fetch(request))
  yield* Effect.promise(server.close)
  const [span, ...others] = spans.filter(({ kind }) => kind === "server")
  assert.deepStrictEqual(others, [])
  return span === undefined ? assert.fail("there is no span") : { span, status }
})

describe("the span of a request", () => {
  it.effect("has the path and not the query", () =>
    Effect.gen(function* () {
      const request = asks(undefined, {}, "/v1/credentials?access_token=sssh&sssh#sssh")
      const { span, status } = yield* traced(request)
      assert.strictEqual(status, 201)
      assert.include(Object.fromEntries(span.attributes), {
        "http.request.method": "POST",
        "url.path": "/v1/credentials",
        "http.response.status_code": 201,
        "http.route": "/v1/credentials"
      })
      assert.notInclude(inspect([...span.attributes], { depth: 9 }), "sssh")
      assert.isTrue(span.status._tag === "Ended" && span.status.exit._tag === "Success")
    })
  )
  it.effect("has failed if the endpoint or the vendor failed, and contains no header", () =>
    Effect.gen(function* () {
      const acme = vendor()
      acme.state.next.push(failing(new Errors.QuotaError({})))
      const { span, status } = yield* traced(asks(undefined, {}, "/v1/credentials?sssh"), {}, acme)
      assert.strictEqual(status, 503)
      assert.strictEqual(span.attributes.get("http.response.status_code"), 503)
      const exit = span.status._tag === "Ended" ? span.status.exit : assert.fail("the span has not ended")
      const cause = exit._tag === "Failure" ? exit.cause : assert.fail("the span has not failed")
      assert.include(Cause.pretty(cause), "answered with 503")
      const printed =
        inspect([span.status, span.attributes, span.events], { depth: 20, showHidden: true }) + Cause.pretty(cause)
      for (const secret of ["user-ana", "sssh"]) assert.notInclude(printed, secret)
    })
  )
  it.effect("exists for an unknown path, and has not failed after a client error", () =>
    Effect.gen(function* () {
      const { span, status } = yield* traced(get("/nowhere?sssh"))
      assert.strictEqual(status, 404)
      assert.isTrue(span.status._tag === "Ended" && span.status.exit._tag === "Success")
    })
  )
  it.effect("starts a new trace, unless trustTraceparent is set", () =>
    Effect.gen(function* () {
      const request = () => asks(undefined, { traceparent: `00-${traceId}-${"5e".repeat(8)}-01` })
      const { span } = yield* traced(request())
      assert.strictEqual(span.parent._tag, "None")
      assert.notStrictEqual(span.traceId, traceId)
      const { span: trusting } = yield* traced(request(), { trustTraceparent: true })
      assert.strictEqual(trusting.traceId, traceId)
      const { span: nobody } = yield* traced(asks(undefined, { traceparent: "sssh" }), { trustTraceparent: true })
      assert.strictEqual(nobody.parent._tag, "None")
    })
  )
})
