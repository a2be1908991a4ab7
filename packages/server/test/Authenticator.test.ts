import * as Authenticator from "@tempcred/server/Authenticator"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { CompactSign, exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from "jose"
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import { inspect } from "node:util"
import { until } from "./server.ts"

const request = new Request("https://app.example/v1/credentials")

/** Authenticates a token, and returns the subject, or the error's tag and message. */
const ask = (layer: ReturnType<typeof Authenticator.layerBearer>, token: string | undefined) =>
  Authenticator.Authenticator.use(({ authenticate }) =>
    authenticate({ token: token === undefined ? undefined : Redacted.make(token), headers: {}, request })
  ).pipe(
    Effect.provide(layer),
    Effect.match({
      onFailure: (error) => ("_tag" in error ? `${error._tag}: ${error.message}` : ""),
      onSuccess: ({ subject }) => subject
    })
  )

const problem = (layer: ReturnType<typeof Authenticator.layerBearer>) =>
  Effect.scoped(Layer.build(layer)).pipe(
    Effect.flip,
    Effect.tap((error) => Effect.sync(() => assert.notInclude(inspect(error, { depth: 9 }), "sssh"))),
    Effect.map((error) => error.message)
  )

const unauthenticated = (hint: string) => `UnauthenticatedError: ${hint}`

const missing = unauthenticated("there is no token: send it as `Authorization: Bearer <token>`")

describe("an authenticator of the app", () => {
  it.effect("gets the request's headers", () =>
    Effect.gen(function* () {
      const layer = Authenticator.layer(({ headers }) =>
        Effect.succeed({ subject: headers["cookie"] ?? "", claims: {} })
      )
      const identity = yield* Authenticator.Authenticator.use(({ authenticate }) =>
        authenticate({ token: undefined, headers: { cookie: "session=1" }, request })
      ).pipe(Effect.provide(layer))
      assert.strictEqual(identity.subject, "session=1")
    })
  )
})

describe("an asynchronous function of the app", () => {
  it.effect("gets the web request and the framework's own request", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const layer = Authenticator.layerPromise(async (...given) => {
        seen.push(...given)
        return { subject: "ana", account: "acme" }
      })
      const incoming = { user: "ana" }
      const identity = yield* Authenticator.Authenticator.use(({ authenticate }) =>
        authenticate({ token: undefined, headers: {}, request, incoming })
      ).pipe(Effect.provide(layer))
      assert.deepStrictEqual(identity, { subject: "ana", account: "acme", claims: {} })
      assert.strictEqual(seen[0], request)
      assert.strictEqual(seen[1], incoming)
    })
  )

  it.effect("that returns nothing rejects the caller as unauthenticated", () =>
    Effect.gen(function* () {
      for (const nobody of [undefined, null]) {
        const layer = Authenticator.layerPromise(async () => nobody as undefined)
        assert.strictEqual(yield* ask(layer, "any"), unauthenticated("log in first"))
      }
    })
  )

  it.effect("that rejects or throws makes authentication unavailable, and only onError gets the error", () =>
    Effect.gen(function* () {
      const failure = new TypeError("sssh: postgres://app:secret@db")
      const seen: Array<unknown> = []
      const onError = (error: unknown) => void seen.push(error)
      const failing = [
        () => Promise.reject(failure),
        () => {
          throw failure
        }
      ]
      for (const authenticate of failing) {
        const outcome = yield* ask(Authenticator.layerPromise(authenticate, { onError }), "any")
        assert.match(
          outcome,
          /^AuthenticatorUnavailableError: the app's function failed: TypeError\n.*Authenticator\.test/
        )
        assert.notInclude(outcome, "sssh")
      }
      assert.deepStrictEqual(seen, [failure, failure])
      for (const broken of [() => Promise.reject(failure), failing[1]]) {
        const layer = Authenticator.layerPromise(() => Promise.reject(failure), { onError: broken })
        assert.match(yield* ask(layer, "any"), /^AuthenticatorUnavailableError/)
      }
    })
  )
})

describe("static bearer tokens", () => {
  const one = { token: Redacted.make("sssh-first-token-1"), subject: "kiosk-1", claims: { hall: 4 } }
  const other = { token: Redacted.make("sssh-second-token-2"), subject: "kiosk-2" }
  const listed = Authenticator.layerBearer([one, other, { ...other, token: Redacted.make("sssh-renewed-token") }])

  it.effect("identify callers and their claims", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* ask(listed, "sssh-first-token-1"), "kiosk-1")
      assert.strictEqual(yield* ask(listed, "sssh-second-token-2"), "kiosk-2")
      assert.strictEqual(yield* ask(listed, "sssh-renewed-token"), "kiosk-2")
      const authenticate = Authenticator.Authenticator.use(({ authenticate }) =>
        authenticate({ ...one, headers: {}, request })
      )
      assert.deepStrictEqual(yield* Effect.provide(authenticate, listed), { subject: "kiosk-1", claims: { hall: 4 } })
    })
  )
  it.effect("are the only tokens that are accepted", () =>
    Effect.gen(function* () {
      for (const token of [
        "",
        "sssh-first-token-",
        "sssh-first-token-12",
        "SSSH-FIRST-TOKEN-1",
        "kiosk-1",
        "ü".repeat(99)
      ]) {
        assert.strictEqual(yield* ask(listed, token), unauthenticated("the token is not known here"))
      }
      assert.strictEqual(yield* ask(listed, undefined), missing)
    })
  )
  it.effect("that are invalid fail the layer with the entry's position, without the token", () =>
    Effect.gen(function* () {
      const entry = (token: string, subject = "kiosk") => ({ token: Redacted.make(token), subject })
      const rows: ReadonlyArray<readonly [ReadonlyArray<Authenticator.BearerEntry>, RegExp]> = [
        [[], /^Authenticator.layerBearer must have an entry/],
        [[entry("sssh-15-letters")], /\[0\].token must be 16 visible ASCII characters or more$/],
        [[entry("sssh-16-l\u00e9tters-or-more")], /\[0\].token must be 16 visible/],
        [[entry("sssh with a space in it")], /\[0\].token holds a space/],
        [[entry('"sssh-sixteen-letters"')], /\[0\].token begins or ends with a quotation mark/],
        [[entry(undefined as never)], /\[0\].token must be a Redacted of text/],
        [[one, entry("sssh-first-token-1\n")], /^Authenticator.layerBearer\[1\].token is a duplicate$/],
        [[one, entry("sssh-first-token-1")], /^Authenticator.layerBearer\[1\].token is a duplicate$/],
        [
          [entry("sssh-sixteen-lets", "")],
          /\[0\].subject must be text of 1 to 256 characters, in well-formed Unicode$/
        ],
        [[entry("sssh-sixteen-lets", "x".repeat(257))], /\[0\].subject must be text/],
        [[entry("sssh-sixteen-lets", "kiosk\ud800")], /\[0\].subject must be text/],
        [[{ token: "sssh-not-redacted-at-all", subject: "kiosk" } as never], /\[0\].token must be a Redacted/]
      ]
      for (const [entries, message] of rows) assert.match(yield* problem(Authenticator.layerBearer(entries)), message)
      assert.strictEqual(
        yield* ask(Authenticator.layerBearer([entry("sssh-sixteen-let")]), "sssh-sixteen-let"),
        "kiosk"
      )
      assert.strictEqual(
        yield* ask(Authenticator.layerBearer([entry(" sssh-sixteen-let\n")]), "sssh-sixteen-let"),
        "kiosk"
      )
    })
  )
})

/** The claims of a token, for the test's current time: the start of 1970. */
const claims = { sub: "ana", exp: 300, iss: "https://id.example", aud: "speech" }

describe("a JWT with a shared secret", () => {
  const secret = "sssh-a-shared-secret-of-32-bytes"
  const bytes = new TextEncoder().encode(secret)
  const layer = Authenticator.layerJwt({
    secret: Redacted.make(secret),
    issuer: "https://id.example",
    audience: "speech"
  })
  const sign = (payload: Record<string, unknown>, key = bytes, alg = "HS256") =>
    Effect.promise(() => new SignJWT(payload).setProtectedHeader({ alg }).sign(key))

  it.effect("identifies its subject, with all claims", () =>
    Effect.gen(function* () {
      const token = Redacted.make(yield* sign({ ...claims, plan: "pro" }))
      const identity = yield* Authenticator.Authenticator.use(({ authenticate }) =>
        authenticate({ token, headers: {}, request })
      ).pipe(Effect.provide(layer))
      assert.deepStrictEqual(identity, { subject: "ana", claims: { ...claims, plan: "pro" } })
    })
  )
  it.effect("is rejected if invalid, with a hint that contains no part of it", () =>
    Effect.gen(function* () {
      const { aud, exp, iss, sub } = claims
      const good = yield* sign(claims)
      const rows: ReadonlyArray<readonly [string | undefined, string]> = [
        [undefined, missing],
        ["", unauthenticated("the token is not a valid signed JWT")],
        ["sssh-no-jwt", unauthenticated("the token is not a valid signed JWT")],
        [`${good}.x.y`, unauthenticated("the token is not a valid signed JWT")],
        [`${good.slice(0, -2)}AA`, unauthenticated("the token's signature is wrong")],
        [
          yield* sign(claims, new TextEncoder().encode("x".repeat(32))),
          unauthenticated("the token's signature is wrong")
        ],
        [yield* sign({ ...claims, exp: -6 }), unauthenticated("the token has expired")],
        [yield* sign({ ...claims, nbf: 60 }), unauthenticated("the token is not valid yet")],
        [yield* sign({ ...claims, aud: "sssh" }), unauthenticated("the token is for another audience")],
        [yield* sign({ ...claims, iss: "sssh" }), unauthenticated("the token is from another issuer")],
        [yield* sign({ exp, iss, sub }), unauthenticated("the token has no aud")],
        [yield* sign({ aud, iss, sub }), unauthenticated("the token has no exp")],
        [yield* sign({ ...claims, exp: "sssh" }), unauthenticated("the token's exp is malformed")],
        [yield* sign({ aud, exp, iss }), unauthenticated("the token has no sub")],
        [
          yield* sign({ ...claims, sub: "" }),
          unauthenticated("the token's sub must be text of 1 to 256 characters, in well-formed Unicode")
        ],
        [
          yield* sign({ ...claims, sub: 7 }),
          unauthenticated("the token's sub must be text of 1 to 256 characters, in well-formed Unicode")
        ],
        [
          yield* sign({ ...claims, sub: "x".repeat(257) }),
          unauthenticated("the token's sub must be text of 1 to 256 characters, in well-formed Unicode")
        ]
      ]
      for (const [token, expected] of rows) assert.strictEqual(yield* ask(layer, token), expected)
      assert.strictEqual(yield* ask(layer, yield* sign({ ...claims, sub: "x".repeat(256) })), "x".repeat(256))
    })
  )
  it.effect("is rejected if its subject is not well-formed Unicode, so that two subjects cannot become equal", () =>
    Effect.gen(function* () {
      for (const sub of ["ana\ud800", "ana\ud801", "\udc00ana"]) {
        assert.match(yield* ask(layer, yield* sign({ ...claims, sub })), /sub must be .* well-formed Unicode$/)
      }
      assert.strictEqual(yield* ask(layer, yield* sign({ ...claims, sub: "ana 😀" })), "ana 😀")
    })
  )
  it.effect("is rejected if a date is invalid, for example an infinite exp", () =>
    Effect.gen(function* () {
      const signText = (payload: string) =>
        Effect.promise(() =>
          new CompactSign(new TextEncoder().encode(payload)).setProtectedHeader({ alg: "HS256" }).sign(bytes)
        )
      const whole = (more: string) => `{"sub":"ana","iss":"https://id.example","aud":"speech",${more}}`
      for (const [more, claim] of [
        ['"exp":1e309', "exp"],
        ['"exp":253402300800', "exp"],
        ['"exp":1e300', "exp"],
        ['"exp":300,"nbf":-1e309', "nbf"],
        ['"exp":300,"iat":1e309', "iat"]
      ] as const) {
        const refused = unauthenticated(`the token's ${claim} is malformed`)
        assert.strictEqual(yield* ask(layer, yield* signText(whole(more))), refused, more)
      }
      assert.strictEqual(yield* ask(layer, yield* signText(whole('"exp":253402300799,"iat":0.5'))), "ana")
    })
  )
  describe("outside the Authorization header", () => {
    const asked = (
      tokenFrom: Authenticator.JwtOptions["tokenFrom"],
      headers: Readonly<Record<string, string>>,
      token?: string
    ) =>
      Authenticator.Authenticator.use(({ authenticate }) =>
        authenticate({ token: token === undefined ? undefined : Redacted.make(token), headers, request })
      ).pipe(
        Effect.provide(Authenticator.layerJwt({ secret: Redacted.make(secret), tokenFrom })),
        Effect.match({ onFailure: ({ message }) => message, onSuccess: ({ subject }) => subject })
      )

    it.effect("is read from a header, with or without Bearer", () =>
      Effect.gen(function* () {
        const token = yield* sign(claims)
        const from = { header: "X-Access-Token" }
        for (const value of [token, `Bearer ${token}`, `bearer  ${token}`]) {
          assert.strictEqual(yield* asked(from, { "x-access-token": value }), "ana")
        }
        const none = "there is no token: send it in the header x-access-token"
        assert.strictEqual(yield* asked(from, {}, token), none)
        assert.strictEqual(yield* asked(from, { "x-access-token": "" }), none)
      })
    )
    it.effect("is read from a cookie only for JSON requests of the same origin", () =>
      Effect.gen(function* () {
        const token = yield* sign(claims)
        const from = { cookie: "__Host-session" }
        const cookie = `a=b; __Host-session=${token}; __Host-session2=c`
        const json = { cookie, "content-type": "application/json" }
        assert.strictEqual(yield* asked(from, json), "ana")
        assert.strictEqual(yield* asked(from, { ...json, "sec-fetch-site": "same-origin" }), "ana")
        assert.strictEqual(yield* asked(from, { ...json, "content-type": "Application/JSON; charset=utf-8" }), "ana")
        const foreign = "the cookie __Host-session counts only for JSON requests of a page of this origin"
        for (const site of ["cross-site", "same-site", "none"]) {
          assert.strictEqual(yield* asked(from, { ...json, "sec-fetch-site": site }), foreign)
        }
        for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/plain;application/json"]) {
          assert.strictEqual(yield* asked(from, { ...json, "content-type": type }), foreign)
        }
        assert.strictEqual(yield* asked(from, { cookie }), foreign)
        const none = "there is no token: it must be in the cookie __Host-session"
        assert.strictEqual(yield* asked(from, { ...json, cookie: "__Host-session=" }, token), none)
        const twice = { ...json, cookie: `${cookie}; __Host-session=planted` }
        assert.strictEqual(yield* asked(from, twice), "the cookie __Host-session is sent twice")
      })
    )
  })
  it.effect("expires at exp, with a tolerance of 5 seconds", () =>
    Effect.gen(function* () {
      const token = yield* sign(claims)
      yield* TestClock.adjust("304 seconds")
      assert.strictEqual(yield* ask(layer, token), "ana")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* ask(layer, token), unauthenticated("the token has expired"))
      const strict = Authenticator.layerJwt({ secret: Redacted.make(secret), clockTolerance: "0 seconds" })
      assert.strictEqual(
        yield* ask(strict, yield* sign({ ...claims, exp: 305 })),
        unauthenticated("the token has expired")
      )
      assert.strictEqual(yield* ask(strict, yield* sign({ ...claims, exp: 306 })), "ana")
    })
  )
  it.effect("must be signed with HS256: neither unsigned nor with the public key of a pair", () =>
    Effect.gen(function* () {
      const unsigned = new UnsecuredJWT(claims).encode()
      const accepted = unauthenticated("the token is signed with an algorithm that is not accepted")
      assert.strictEqual(yield* ask(layer, unsigned), accepted)
      const forged = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${unsigned.split(".")[1]}.AA`
      assert.strictEqual(yield* ask(layer, forged), accepted)
      const long = new TextEncoder().encode(secret.repeat(2))
      assert.strictEqual(yield* ask(layer, yield* sign(claims, long, "HS512")), accepted)
      const { privateKey } = yield* Effect.promise(() => generateKeyPair("ES256"))
      const asymmetric = yield* Effect.promise(() =>
        new SignJWT(claims).setProtectedHeader({ alg: "ES256" }).sign(privateKey)
      )
      assert.strictEqual(yield* ask(layer, asymmetric), accepted)
    })
  )
  it.effect("can have its subject in another claim", () =>
    Effect.gen(function* () {
      const other = Authenticator.layerJwt({ secret: Redacted.make(secret), subjectClaim: "uid" })
      assert.strictEqual(yield* ask(other, yield* sign({ ...claims, uid: "u-1" })), "u-1")
      assert.strictEqual(yield* ask(other, yield* sign(claims)), unauthenticated("the token has no uid"))
    })
  )
  it.effect("can name the account in a claim, which is required then", () =>
    Effect.gen(function* () {
      const layer = Authenticator.layerJwt({ secret: Redacted.make(secret), accountClaim: "org" })
      const token = Redacted.make(yield* sign({ ...claims, org: "acme" }))
      const { account } = yield* Authenticator.Authenticator.use(({ authenticate }) =>
        authenticate({ token, headers: {}, request })
      ).pipe(Effect.provide(layer))
      assert.strictEqual(account, "acme")
      assert.strictEqual(yield* ask(layer, yield* sign(claims)), unauthenticated("the token has no org"))
      const numbered = yield* ask(layer, yield* sign({ ...claims, org: 7 }))
      assert.match(numbered, /the token's org must be text of 1 to 256 characters/)
    })
  )
  it.effect.prop(
    "a random token is rejected as unauthenticated",
    { text: Schema.String, parts: Schema.Array(Schema.String) },
    ({ parts, text }) =>
      Effect.gen(function* () {
        const encoded = parts.map((part) => Buffer.from(part).toString("base64url")).join(".")
        const header = Buffer.from(JSON.stringify({ alg: "HS256", kid: text })).toString("base64url")
        for (const token of [text, encoded, `${header}.${encoded}`, `${header}..`]) {
          assert.match(
            yield* ask(layer, token),
            /^UnauthenticatedError: the token('s signature is wrong| is not a valid signed JWT)$/
          )
        }
      }),
    { arbitrary: { runs: 100, seed: 3 } }
  )
  it.effect("a secret in the options is trimmed", () =>
    Effect.gen(function* () {
      const token = yield* sign(claims)
      const untidy = Authenticator.layerJwt({ secret: Redacted.make(` ${secret}\r\n`) })
      assert.strictEqual(yield* ask(untidy, token), "ana")
    })
  )
  it.effect("invalid options fail the layer, without the secret in the error", () =>
    Effect.gen(function* () {
      const good = { secret: Redacted.make(secret) }
      const rows: ReadonlyArray<readonly [unknown, RegExp]> = [
        [{}, /^Authenticator.layerJwt.jwksUrl or secret must be set, and not both$/],
        [
          { ...good, jwksUrl: "https://id.example/keys", audience: "x" },
          /jwksUrl or secret must be set, and not both$/
        ],
        [
          { secret: Redacted.make("sssh-only-31-bytes-of-a-secret-") },
          /^Authenticator.layerJwt.secret must be a Redacted of 32 bytes/
        ],
        [{ secret }, /layerJwt.secret must be a Redacted/],
        [
          { secret: Redacted.make(`"${secret}"`) },
          /^Authenticator.layerJwt.secret begins or ends with a quotation mark/
        ],
        [{ secret: Redacted.make(`${secret}\n${secret}`) }, /layerJwt.secret holds a line end/],
        [{ secret: Redacted.make(`${secret} ${secret}`) }, /layerJwt.secret holds a space/],
        [{ secret: Redacted.make(" \n") }, /layerJwt.secret is empty/],
        [{ jwksUrl: "https://id.example/keys" }, /layerJwt.audience must be set with jwksUrl/],
        [{ jwksUrl: "https://id.example/keys", issuer: "x" }, /layerJwt.audience must be set with jwksUrl/],
        [{ jwksUrl: "https://id.example/keys", audience: "any" }, /layerJwt.audience may be any only with an issuer/],
        [{ jwksUrl: "https://id.example/keys", audience: ["any"] }, /layerJwt.audience may be any only with an issuer/],
        [{ ...good, audience: ["any", "speech"] }, /layerJwt.audience must be any alone, or names of audiences$/],
        [{ jwksUrl: "http://id.example/keys", audience: "x" }, /layerJwt.jwksUrl must begin with https/],
        [{ ...good, issuer: "" }, /layerJwt.issuer must be text and not empty$/],
        [{ ...good, audience: [] }, /layerJwt.audience must be text and not empty$/],
        [{ ...good, audience: ["x", ""] }, /layerJwt.audience must be text/],
        [{ ...good, subjectClaim: "" }, /layerJwt.subjectClaim must be/],
        [{ ...good, tokenFrom: { header: "a b" } }, /layerJwt.tokenFrom.header must be the name of a header$/],
        [{ ...good, tokenFrom: { cookie: "" } }, /layerJwt.tokenFrom.cookie must be the name of a cookie$/],
        [{ ...good, tokenFrom: { cookie: "a", header: "b" } }, /layerJwt.tokenFrom must be \{ header \} or/],
        [{ ...good, clockTolerance: "6 minutes" }, /layerJwt.clockTolerance must be 5m or less$/],
        [{ ...good, clockTolerance: "soon" }, /layerJwt.clockTolerance must be/],
        [
          { jwksUrl: "https://id.example/keys", audience: "x", algorithms: ["HS256"] },
          /layerJwt.algorithms must each be one of RS256/
        ],
        [{ jwksUrl: "https://id.example/keys", audience: "x", algorithms: [] }, /layerJwt.algorithms must/]
      ]
      for (const [options, message] of rows) {
        assert.match(yield* problem(Authenticator.layerJwt(options as Authenticator.JwtOptions)), message)
      }
    })
  )
})

describe("a JWT with a key set", () => {
  const pair = (kid: string, alg = "ES256") =>
    Effect.promise(async () => {
      const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
      const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: "sig" }
      const sign = (payload: Record<string, unknown> = claims, header: Record<string, unknown> = {}) =>
        new SignJWT(payload).setProtectedHeader({ alg, kid, ...header }).sign(privateKey)
      return { jwk, publicKey, sign: (...args: Parameters<typeof sign>) => Effect.promise(() => sign(...args)) }
    })

  /** An issuer on a local port. */
  const issuer = Effect.acquireRelease(
    Effect.promise(async () => {
      const state = { answer: ((_, response) => void response.end()) as RequestListener, requests: 0 }
      const server = createServer((request, response) => {
        state.requests += 1
        state.answer(request, response)
      }).listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      const port = address !== null && typeof address === "object" ? address.port : 0
      const publish = (...keys: ReadonlyArray<unknown>) => {
        state.answer = (_, response) => void response.end(JSON.stringify({ keys }))
      }
      const layer = Authenticator.layerJwt({ jwksUrl: `http://127.0.0.1:${port}/keys`, audience: "speech" })
      return { state, publish, layer, port, server }
    }),
    ({ server }) =>
      Effect.promise(async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      })
  )
  /** Builds one authenticator, and returns a function that authenticates tokens with it. */
  const building = Effect.fnUntraced(function* (layer: ReturnType<typeof Authenticator.layerJwt>) {
    const context = yield* Layer.build(layer)
    return (token: string) => ask(Layer.succeedContext(context), token)
  })
  const unavailable = (why: string) => `AuthenticatorUnavailableError: ${why}`

  it.effect("fetches the keys at first use, and caches them", () =>
    Effect.gen(function* () {
      const key = yield* pair("a")
      const { layer, publish, state } = yield* issuer
      publish(key.jwk)
      const asking = yield* building(layer)
      assert.strictEqual(state.requests, 0)
      const token = yield* key.sign()
      const all = yield* Effect.all(
        Array.from({ length: 20 }, () => asking(token)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(new Set(all), new Set(["ana"]))
      assert.strictEqual(yield* asking(token), "ana")
      assert.strictEqual(state.requests, 1)
      assert.strictEqual(
        yield* asking(yield* key.sign({ ...claims, aud: "other" })),
        unauthenticated("the token is for another audience")
      )
    })
  )
  it.effect("fetches the keys again for an unknown key, at most once in 30 seconds", () =>
    Effect.gen(function* () {
      const [old, fresh, foreign] = yield* Effect.all([pair("a"), pair("b"), pair("c")])
      const { layer, publish, state } = yield* issuer
      publish(old.jwk)
      const asking = yield* building(layer)
      assert.strictEqual(yield* asking(yield* old.sign()), "ana")
      publish(old.jwk, fresh.jwk)
      const unknown = unauthenticated("the token is signed with a key that is not known")
      // Within 30 seconds of the last fetch, unknown keys cause no fetch.
      assert.strictEqual(yield* asking(yield* foreign.sign()), unknown)
      assert.strictEqual(state.requests, 1)
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual(yield* asking(yield* fresh.sign()), "ana")
      assert.strictEqual(yield* asking(yield* old.sign()), "ana")
      assert.strictEqual(yield* asking(yield* foreign.sign()), unknown)
      assert.strictEqual(state.requests, 2)
    })
  )
  it.effect("is rejected if it is not signed by a key of the set", () =>
    Effect.gen(function* () {
      const [key, foreign] = yield* Effect.all([pair("a"), pair("a")])
      const other = yield* pair("b")
      const { layer, publish } = yield* issuer
      publish(key.jwk, other.jwk)
      const asking = yield* building(layer)
      assert.strictEqual(yield* asking(yield* foreign.sign()), unauthenticated("the token's signature is wrong"))
      const accepted = unauthenticated("the token is signed with an algorithm that is not accepted")
      const pem = yield* Effect.promise(() => exportSPKI(key.publicKey))
      const confused = yield* Effect.promise(() =>
        new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "a" }).sign(new TextEncoder().encode(pem))
      )
      assert.strictEqual(yield* asking(confused), accepted)
      const forged = `${Buffer.from('{"alg":"none","kid":"a"}').toString("base64url")}.${confused.split(".")[1]}.AA`
      assert.strictEqual(yield* asking(forged), accepted)
    })
  )
  it.effect("is verified with each matching key, if several have its kid or it has no kid", () =>
    Effect.gen(function* () {
      const [one, twin, other, foreign] = yield* Effect.all([pair("a"), pair("a"), pair("b"), pair("a")])
      const { layer, publish } = yield* issuer
      publish({ ...one.jwk, x: "AAAA" }, one.jwk, twin.jwk, other.jwk)
      const asking = yield* building(layer)
      for (const key of [one, twin, other]) {
        assert.strictEqual(yield* asking(yield* key.sign()), "ana")
        assert.strictEqual(yield* asking(yield* key.sign(claims, { kid: undefined })), "ana")
      }
      const wrong = unauthenticated("the token's signature is wrong")
      assert.strictEqual(yield* asking(yield* foreign.sign()), wrong)
      const late = yield* twin.sign({ ...claims, exp: -60 })
      assert.strictEqual(yield* asking(late), unauthenticated("the token has expired"))
    })
  )
  it.effect("is verified with at most 16 keys", () =>
    Effect.gen(function* () {
      const keys = yield* Effect.all(Array.from({ length: 17 }, () => pair("a")))
      const { layer, publish } = yield* issuer
      publish(...keys.map(({ jwk }) => jwk))
      const asking = yield* building(layer)
      assert.strictEqual(yield* asking(yield* keys[15]?.sign() ?? Effect.succeed("")), "ana")
      assert.match(yield* asking(yield* keys[16]?.sign() ?? Effect.succeed("")), /fits too many keys/)
    })
  )
  it.effect("must use one of the configured algorithms", () =>
    Effect.gen(function* () {
      const [elliptic, edwards] = yield* Effect.all([pair("a"), pair("b", "EdDSA")])
      const { port, publish } = yield* issuer
      publish(elliptic.jwk, edwards.jwk)
      const jwksUrl = `http://127.0.0.1:${port}/keys`
      const asking = yield* building(
        Authenticator.layerJwt({
          jwksUrl,
          issuer: ["https://id.example", "https://id2.example"],
          audience: "speech",
          algorithms: ["EdDSA"]
        })
      )
      assert.strictEqual(yield* asking(yield* edwards.sign()), "ana")
      assert.match(yield* asking(yield* elliptic.sign()), /algorithm that is not accepted/)
    })
  )
  it.effect("is a server error if the key set is unavailable, and the fetch is repeated after a pause", () =>
    Effect.gen(function* () {
      const key = yield* pair("a")
      const token = yield* key.sign()
      const { layer, publish, state } = yield* issuer
      const asking = yield* building(layer)
      const rows: ReadonlyArray<readonly [RequestListener, string]> = [
        [(request) => void request.socket.destroy(), "the key set cannot be reached"],
        [(_, response) => void response.writeHead(500).end("sssh"), "the key set was answered with status 500"],
        [
          (_, response) => void response.writeHead(302, { location: "/other" }).end(),
          "the key set was answered with status 302"
        ],
        [(_, response) => void response.end("<html>sssh"), "the key set cannot be read"],
        [(_, response) => void response.end('{"keys":"sssh"}'), "the key set cannot be read"],
        [
          (_, response) => void response.end(JSON.stringify({ keys: [], pad: "x".repeat(300_000) })),
          "the key set is larger than 256 KiB"
        ]
      ]
      for (const [answer, problem] of rows) {
        state.answer = answer
        assert.strictEqual(yield* asking(token), unavailable(problem))
        yield* TestClock.adjust("10 seconds")
      }
      publish({ ...key.jwk, x: "AAAA" })
      assert.strictEqual(yield* asking(token), unavailable("the key set cannot be read"))
    })
  )
  it.effect("causes at most one fetch in 5 to 10 seconds while the key set is unavailable", () =>
    Effect.gen(function* () {
      const [key, forger] = yield* Effect.all([pair("a"), pair("b")])
      const [token, forged] = yield* Effect.all([key.sign(), forger.sign()])
      const { layer, publish, state } = yield* issuer
      const asking = yield* building(layer)
      state.answer = (_, response) => void response.writeHead(503).end()
      const away = unavailable("the key set was answered with status 503")
      const all = yield* Effect.forEach(
        Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? token : forged)),
        asking,
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(new Set(all), new Set([away]))
      assert.strictEqual(state.requests, 1)
      yield* TestClock.adjust("4999 millis")
      for (const one of [token, forged]) assert.strictEqual(yield* asking(one), away)
      assert.strictEqual(state.requests, 1)
      publish(key.jwk)
      yield* TestClock.adjust("5001 millis")
      assert.strictEqual(yield* asking(token), "ana")
      assert.strictEqual(state.requests, 2)
    })
  )
  it.effect("is verified with the cached keys for an hour while the issuer is unavailable", () =>
    Effect.gen(function* () {
      const [key, fresh] = yield* Effect.all([pair("a"), pair("b")])
      const [token, signedAnew] = yield* Effect.all([
        key.sign({ ...claims, exp: 9999 }),
        fresh.sign({ ...claims, exp: 9999 })
      ])
      const { layer, publish, state } = yield* issuer
      publish(key.jwk)
      const asking = yield* building(layer)
      assert.strictEqual(yield* asking(token), "ana")
      state.answer = (_, response) => void response.writeHead(503).end()
      yield* TestClock.adjust("599 seconds")
      assert.strictEqual(yield* asking(token), "ana")
      assert.strictEqual(state.requests, 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* asking(token), "ana")
      assert.strictEqual(state.requests, 2)
      const away = unavailable("the key set was answered with status 503")
      assert.strictEqual(yield* asking(signedAnew), away)
      assert.strictEqual(state.requests, 2)
      yield* TestClock.adjust("2999 seconds")
      assert.strictEqual(yield* asking(token), "ana")
      yield* until(() => state.requests === 3)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* asking(token), away)
    })
  )
  it.effect("does not wait for a hanging issuer while cached keys are valid", () =>
    Effect.gen(function* () {
      const key = yield* pair("a")
      const token = yield* key.sign({ ...claims, exp: 9999 })
      const { layer, publish, state } = yield* issuer
      publish(key.jwk)
      const asking = yield* building(layer)
      assert.strictEqual(yield* asking(token), "ana")
      state.answer = () => undefined
      yield* TestClock.adjust("10 minutes")
      const first = yield* Effect.forkChild(asking(token), { startImmediately: true })
      yield* until(() => state.requests === 2)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* Fiber.join(first), "ana")
      yield* TestClock.adjust("10 seconds")
      // The clock stands still, so a caller that waits for this fetch would hang.
      assert.strictEqual(yield* asking(token), "ana")
      yield* until(() => state.requests === 3)
      assert.strictEqual(yield* asking(token), "ana")
      publish(key.jwk)
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(yield* asking(token), "ana")
      yield* until(() => state.requests === 4)
    })
  )
  it.effect("an interrupted caller does not abort the fetch for others", () =>
    Effect.gen(function* () {
      const key = yield* pair("a")
      const token = yield* key.sign()
      const { layer, publish, state } = yield* issuer
      const asking = yield* building(layer)
      let respond = () => {}
      state.answer = (request, response) => {
        respond = () => {
          publish(key.jwk)
          state.answer(request, response)
        }
      }
      const leaving = yield* Effect.forkChild(asking(token), { startImmediately: true })
      yield* until(() => state.requests === 1)
      const staying = yield* Effect.forkChild(asking(token), { startImmediately: true })
      yield* Fiber.interrupt(leaving)
      respond()
      assert.strictEqual(yield* Fiber.join(staying), "ana")
      assert.strictEqual(state.requests, 1)
    })
  )
  it.effect("needs an audience, or an issuer and any audience", () =>
    Effect.gen(function* () {
      const key = yield* pair("a")
      const { port, publish } = yield* issuer
      publish(key.jwk)
      const jwksUrl = `http://127.0.0.1:${port}/keys`
      const any = yield* building(Authenticator.layerJwt({ jwksUrl, audience: "any", issuer: claims.iss }))
      assert.strictEqual(yield* any(yield* key.sign({ ...claims, aud: "other" })), "ana")
      assert.match(yield* any(yield* key.sign({ ...claims, iss: "other" })), /another issuer/)
      const several = yield* building(Authenticator.layerJwt({ jwksUrl, audience: ["speech", "demo"] }))
      assert.strictEqual(yield* several(yield* key.sign({ ...claims, aud: "demo" })), "ana")
      assert.match(yield* several(yield* key.sign({ ...claims, aud: "any" })), /another audience/)
    })
  )
  it.live(
    "a fetch of keys takes at most 5 seconds, headers and body together",
    () =>
      Effect.gen(function* () {
        const key = yield* pair("a")
        const token = yield* key.sign({ ...claims, exp: 9e9 })
        const [silent, dripping] = yield* Effect.all([issuer, issuer])
        silent.state.answer = () => undefined
        dripping.state.answer = (_, response) => void response.writeHead(200).write('{"keys": [')
        const began = performance.now()
        const late = unavailable("the key set did not come within 5 seconds")
        const answers = yield* Effect.all([ask(silent.layer, token), ask(dripping.layer, token)], { concurrency: 2 })
        assert.deepStrictEqual(answers, [late, late])
        assert.isBelow(performance.now() - began, 8000)
      }),
    15_000
  )
})
