import * as Authenticator from "@tempcred/server/Authenticator"
import * as ServerConfig from "@tempcred/server/ServerConfig"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redis from "effect/persistence/Redis"
import * as Redacted from "effect/Redacted"
import { SignJWT } from "jose"
import { inspect } from "node:util"

type Environment = Readonly<Record<string, string>>

const load = (env: Environment, options?: ServerConfig.Options) =>
  ServerConfig.load(options).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))))

/** What is wrong, by variable; no value may be in it. */
const problems = (env: Environment, options?: ServerConfig.Options) =>
  load(env, options).pipe(
    Effect.flip,
    Effect.map((error) => {
      for (const value of Object.values(env)) assert.notInclude(inspect(error, { depth: 9 }), `"${value}"`)
      assert.notInclude(inspect(error, { depth: 9 }), "sssh")
      return Object.fromEntries(error.issues.map(({ message, name }) => [name, message]))
    })
  )

const tokens = { TEMPCRED_AUTH_BEARER_TOKENS: "kiosk=sssh-a-kiosk-token,hall=sssh-another=token==" }

const jwks = { TEMPCRED_AUTH_JWKS_URL: "https://id.example/keys", TEMPCRED_AUTH_AUDIENCE: "speech" }

const secret = "sssh-a-shared-secret-of-32-bytes"

const ask = (config: ServerConfig.ServerConfig, token: string) =>
  Authenticator.Authenticator.use(({ authenticate }) =>
    authenticate({ token: Redacted.make(token), headers: {} })
  ).pipe(
    Effect.provide(config.authenticator),
    Effect.map(({ subject }) => subject)
  )

const signed = (claims: Readonly<Record<string, unknown>>) =>
  Effect.promise(() =>
    new SignJWT({ sub: "ana", exp: 300, ...claims })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(secret))
  )

describe("who may ask", () => {
  it.effect("one way must be named, as nobody is let in by default", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* problems({}), {
        TEMPCRED_AUTH_JWKS_URL:
          "or TEMPCRED_AUTH_JWT_SECRET or TEMPCRED_AUTH_BEARER_TOKENS must be set: an endpoint that serves everybody gives the vendor's key away"
      })
    })
  )
  it.effect("and only one", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* problems({ ...tokens, TEMPCRED_AUTH_JWT_SECRET: secret }), {
        TEMPCRED_AUTH_JWT_SECRET: "must be set alone, and not beside TEMPCRED_AUTH_BEARER_TOKENS",
        TEMPCRED_AUTH_BEARER_TOKENS: "must be set alone, and not beside TEMPCRED_AUTH_JWT_SECRET"
      })
      const all = yield* problems({ ...tokens, ...jwks, TEMPCRED_AUTH_JWT_SECRET: secret })
      assert.lengthOf(Object.keys(all), 3)
    })
  )
  it.effect("TEMPCRED_AUTH_BEARER_TOKENS names callers by their tokens", () =>
    Effect.gen(function* () {
      const config = yield* load(tokens)
      assert.strictEqual(yield* ask(config, "sssh-a-kiosk-token"), "kiosk")
      assert.strictEqual(yield* ask(config, "sssh-another=token=="), "hall")
      assert.strictEqual((yield* Effect.flip(ask(config, "hall")))._tag, "UnauthenticatedError")
      for (const value of [
        "sssh-a-token-without-a-name",
        "kiosk=sssh-short",
        "=sssh-a-nameless-token",
        `${tokens.TEMPCRED_AUTH_BEARER_TOKENS},`,
        "a=sssh-one-token-twice,b=sssh-one-token-twice"
      ]) {
        const { TEMPCRED_AUTH_BEARER_TOKENS, ...others } = yield* problems({ TEMPCRED_AUTH_BEARER_TOKENS: value })
        assert.match(TEMPCRED_AUTH_BEARER_TOKENS ?? "", /^must be name=token pairs/)
        assert.deepStrictEqual(others, {})
      }
      assert.deepStrictEqual(yield* problems({ ...tokens, TEMPCRED_AUTH_ISSUER: "https://id.example" }), {
        TEMPCRED_AUTH_ISSUER: "says nothing beside TEMPCRED_AUTH_BEARER_TOKENS"
      })
    })
  )
  it.effect("TEMPCRED_AUTH_JWT_SECRET verifies JWTs, of an issuer and for an audience where these are set", () =>
    Effect.gen(function* () {
      const config = yield* load({ TEMPCRED_AUTH_JWT_SECRET: secret })
      assert.strictEqual(yield* ask(config, yield* signed({})), "ana")
      const strict = yield* load({
        TEMPCRED_AUTH_JWT_SECRET: secret,
        TEMPCRED_AUTH_ISSUER: "https://id.example",
        TEMPCRED_AUTH_AUDIENCE: "speech, demo"
      })
      const good = { iss: "https://id.example", aud: "demo" }
      assert.strictEqual(yield* ask(strict, yield* signed(good)), "ana")
      assert.match((yield* Effect.flip(ask(strict, yield* signed({ ...good, iss: "x" })))).message, /another issuer/)
      assert.match((yield* Effect.flip(ask(strict, yield* signed({ ...good, aud: "x" })))).message, /another audience/)
      assert.deepStrictEqual(yield* problems({ TEMPCRED_AUTH_JWT_SECRET: "sssh", TEMPCRED_AUTH_AUDIENCE: "a,,b" }), {
        TEMPCRED_AUTH_JWT_SECRET: "must be 32 bytes or more: make one with openssl rand -base64 32",
        TEMPCRED_AUTH_AUDIENCE: "must be text and not empty"
      })
    })
  )
  it.effect("TEMPCRED_AUTH_JWKS_URL goes with an issuer or an audience", () =>
    Effect.gen(function* () {
      const { TEMPCRED_AUTH_AUDIENCE: _, ...alone } = jwks
      assert.deepStrictEqual(yield* problems(alone), {
        TEMPCRED_AUTH_AUDIENCE:
          "or TEMPCRED_AUTH_ISSUER must be set with TEMPCRED_AUTH_JWKS_URL, as a key set alone proves too little"
      })
      yield* load(jwks)
      yield* load({ ...alone, TEMPCRED_AUTH_ISSUER: "https://id.example" })
      for (const more of [{}, { TEMPCRED_AUTH_AUDIENCE: "speech" }]) {
        const found = yield* problems({ TEMPCRED_AUTH_JWKS_URL: "http://sssh.example/keys", ...more })
        assert.match(found["TEMPCRED_AUTH_JWKS_URL"] ?? "", /^must begin with https/)
      }
    })
  )
})

describe("what it says", () => {
  it.effect("defaults", () =>
    Effect.gen(function* () {
      const { server } = yield* load(tokens)
      const { policy, limits, ...rest } = server
      assert.deepStrictEqual(rest, { maxInFlight: undefined, allowedOrigins: undefined, host: "127.0.0.1", port: 8787 })
      assert.deepStrictEqual(limits, { perMinute: undefined, concurrent: undefined, redis: undefined })
      const nothing = {
        purposes: undefined,
        maxTtl: undefined,
        singleUse: undefined,
        maxSession: undefined,
        regions: undefined
      }
      assert.deepStrictEqual(policy, { terms: nothing })
    })
  )
  it.effect("all of it", () =>
    Effect.gen(function* () {
      const redis = Layer.effect(Redis.Redis, Effect.never)
      const asked: Array<string> = []
      const key = Buffer.alloc(32, 7).toString("base64")
      const { server } = yield* load(
        {
          ...jwks,
          TEMPCRED_POLICY_PURPOSES: "stt.realtime, agent",
          TEMPCRED_POLICY_MAX_TTL: "2 minutes",
          TEMPCRED_POLICY_SINGLE_USE: "required",
          TEMPCRED_POLICY_MAX_SESSION: "10 minutes",
          TEMPCRED_POLICY_REGIONS: "eu,us",
          TEMPCRED_POLICY_SUBJECT_KEY: key,
          TEMPCRED_LIMIT_PER_MINUTE: "30",
          TEMPCRED_LIMIT_CONCURRENT: "4",
          TEMPCRED_LIMIT_IN_FLIGHT: "100",
          TEMPCRED_LIMIT_STORE: "rediss://user:pass@redis.example:6380",
          TEMPCRED_CORS_ORIGINS: "https://app.example.com, http://localhost:5173",
          TEMPCRED_HOST: "0.0.0.0",
          TEMPCRED_PORT: "0"
        },
        {
          redis: (url) => {
            asked.push(url)
            return redis
          }
        }
      )
      assert.deepStrictEqual(server, {
        policy: {
          terms: {
            purposes: ["stt.realtime", "agent"],
            maxTtl: Duration.minutes(2),
            singleUse: "required",
            maxSession: Duration.minutes(10),
            regions: ["eu", "us"]
          },
          subject: { hashedWith: Redacted.make(key) }
        },
        limits: { perMinute: 30, concurrent: 4, redis },
        maxInFlight: 100,
        allowedOrigins: ["https://app.example.com", "http://localhost:5173"],
        host: "0.0.0.0",
        port: 0
      })
      assert.deepStrictEqual(asked, ["rediss://user:pass@redis.example:6380"])
    })
  )
  it.effect("what is malformed is told at once, by variable and never with its value", () =>
    Effect.gen(function* () {
      const env = {
        TEMPCRED_AUTH_JWT_SECRET: "sssh",
        TEMPCRED_POLICY_PURPOSES: "stt.realtime,sssh",
        TEMPCRED_POLICY_MAX_TTL: "60",
        TEMPCRED_POLICY_SINGLE_USE: "sssh",
        TEMPCRED_POLICY_MAX_SESSION: "1.5 seconds",
        TEMPCRED_POLICY_REGIONS: "eu,",
        TEMPCRED_POLICY_SUBJECT_KEY: "sssh",
        TEMPCRED_LIMIT_PER_MINUTE: "0",
        TEMPCRED_LIMIT_CONCURRENT: "1.5",
        TEMPCRED_LIMIT_IN_FLIGHT: "sssh",
        TEMPCRED_LIMIT_STORE: "sssh://host",
        TEMPCRED_CORS_ORIGINS: "https://sssh.example/",
        TEMPCRED_HOST: "a host",
        TEMPCRED_PORT: "65536",
        OTEL_EXPORTER_OTLP_ENDPOINT: "sssh:4318",
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc"
      }
      const found = yield* problems(env)
      assert.sameMembers(Object.keys(found), Object.keys(env))
      for (const message of Object.values(found)) assert.match(message, /^must be /)
      for (const origins of ["*", "https://*.example.com", "app.example.com", "https://app.example.com,"]) {
        const { TEMPCRED_CORS_ORIGINS = "" } = yield* problems({ ...tokens, TEMPCRED_CORS_ORIGINS: origins })
        assert.match(TEMPCRED_CORS_ORIGINS, /^must be origins such as/)
      }
      for (const port of ["-1", "http", "80.5", " ", "1e3"]) {
        assert.deepStrictEqual(yield* problems({ ...tokens, TEMPCRED_PORT: port }), {
          TEMPCRED_PORT: "must be a whole number, 0 to 65535"
        })
      }
    })
  )
  it.effect("a Redis that is named must be reachable", () =>
    Effect.gen(function* () {
      const env = { ...tokens, TEMPCRED_LIMIT_STORE: "redis://127.0.0.1:6379" }
      assert.deepStrictEqual(yield* problems(env), {
        TEMPCRED_LIMIT_STORE: "names a Redis, and ServerConfig.load was not told how to reach one (option redis)"
      })
      const { server } = yield* load({ ...tokens, TEMPCRED_LIMIT_STORE: "memory" })
      assert.isUndefined(server.limits?.redis)
    })
  )
})
