/** A token endpoint in an Effect app with a scripted vendor, in virtual time. */
import type { Capability } from "@tempcred/core/Capabilities"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { TempCredential } from "@tempcred/core/TempCredential"
import { type Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import { type MintOptions, TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Problem from "@tempcred/core/TokenEndpoint"
import * as Authenticator from "@tempcred/server/Authenticator"
import * as TokenServer from "@tempcred/server/TokenServer"
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpEffect from "effect/http/HttpEffect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

export const vendorKey = "acme-long-lived-key-0123456789"

/** The vendor's error message, with a secret that must not reach a client. */
export const vendorMessage = `key ${vendorKey} is not welcome`

const capability: Capability = {
  ttlSeconds: { min: 1, max: 3600, default: 60 },
  singleUse: true,
  maxSessionSeconds: { min: 1, max: 18_000 },
  subject: { effect: "recorded" },
  regions: ["eu"],
  mintingHasSideEffects: false,
  needed: "connect"
}

export const failing = (reason: Reason): Effect.Effect<never, TempCredentialError> =>
  Effect.fail(new TempCredentialError({ provider: "acme", reason }))

/** A vendor that mints at once. Each effect in `next` runs once, before a mint. */
export const vendor = () => {
  const state = {
    requests: Array<MintRequest>(),
    options: Array<MintOptions>(),
    next: Array<Effect.Effect<unknown, TempCredentialError>>()
  }
  const mint = Effect.fnUntraced(function* (request: MintRequest, options: MintOptions = {}) {
    state.requests.push(request)
    state.options.push(options)
    const number = state.requests.length
    yield* state.next.shift() ?? Effect.void
    const issuedAt = yield* DateTime.now
    return TempCredential.make({
      provider: "acme",
      purpose: request.purpose,
      token: `acme-short-lived-token-${number}`,
      issuedAt,
      expiresAt: DateTime.addDuration(issuedAt, Duration.fromInputUnsafe(request.ttl ?? "60 seconds")),
      expirySource: "vendor",
      uses: (request.singleUse ?? false) === false ? "many" : "once",
      ...(request.subject === undefined ? {} : { subject: request.subject })
    })
  })
  const layer = Layer.succeed(TempCredentialProvider, {
    id: "acme",
    account: Effect.succeed("account-1"),
    capabilities: { "stt.realtime": capability, agent: capability },
    mint
  })
  return { state, layer }
}

/** Accepts `Bearer user-…` as the user of that name. */
export const authenticator = Authenticator.layer(({ token }) =>
  token !== undefined && Redacted.value(token).startsWith("user-")
    ? Effect.succeed({ subject: Redacted.value(token).slice(5), claims: {} })
    : Effect.fail(new Authenticator.UnauthenticatedError({ hint: "log in first" }))
)

const origin = "https://api.example.org"

export const get = (path: string, init: RequestInit = {}): Request => new Request(origin + path, init)

/** A user's request for a credential. A body that is not text is sent as JSON. */
export const asks = (
  body: unknown = { purpose: "stt.realtime" },
  headers: Readonly<Record<string, string>> = {},
  path = "/v1/credentials"
): Request =>
  new Request(origin + path, {
    method: "POST",
    headers: { authorization: "Bearer user-ana", "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body)
  })

export interface Setup extends TokenServer.Options {
  readonly vendor?: Layer.Layer<TempCredentialProvider>
  readonly authenticator?: Layer.Layer<Authenticator.Authenticator>
  /** The app's own routes. */
  readonly app?: Layer.Layer<never, never, HttpRouter.HttpRouter>
}

/** Builds an Effect app with the endpoint among its routes. */
export const app = Effect.fnUntraced(function* (setup: Setup = {}) {
  const routes = Layer.mergeAll(TokenServer.layer(setup), setup.app ?? Layer.empty).pipe(
    Layer.provide(setup.vendor ?? vendor().layer),
    Layer.provide(setup.authenticator ?? authenticator),
    Layer.provideMerge(HttpRouter.layer)
  )
  const router = Context.get(yield* Layer.build(routes), HttpRouter.HttpRouter)
  return (request: Request): Effect.Effect<Response> =>
    Effect.gen(function* () {
      let sent: HttpServerResponse.HttpServerResponse | undefined
      const handled = HttpEffect.toHandled(router.asHttpEffect(), (_, response) =>
        Effect.sync(() => {
          sent = response
        })
      )
      yield* Effect.provideService(
        handled,
        HttpServerRequest.HttpServerRequest,
        HttpServerRequest.fromWeb(request)
      ).pipe(Effect.ignoreCause)
      return sent === undefined ? assert.fail("no answer was sent") : HttpServerResponse.toWeb(sent)
    })
})

const readProblem = Schema.decodeUnknownSync(Problem.Problem)

/** Reads a response, which must be a problem with this status and cache-control: no-store. */
export const problem = Effect.fnUntraced(function* (response: Response, status: number) {
  const text = yield* Effect.promise(() => response.text())
  assert.strictEqual(response.status, status, text)
  assert.strictEqual(response.headers.get("content-type"), "application/problem+json")
  assert.strictEqual(response.headers.get("cache-control"), "no-store")
  const read = readProblem(JSON.parse(text))
  assert.strictEqual(read.status, status)
  assert.strictEqual(
    response.headers.get("retry-after"),
    read.retryAfter === undefined ? null : String(read.retryAfter)
  )
  return read
})

/** Waits in real time until a condition holds. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.promise(async () => {
    const end = performance.now() + 5000
    while (!holds()) {
      if (performance.now() > end) throw new Error("it did not come to pass in time")
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
