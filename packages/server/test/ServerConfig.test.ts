import * as Variables from "@tempcred/core/Environment"
import * as Authenticator from "@tempcred/server/Authenticator"
import type { LimitStore } from "@tempcred/server/Limits"
import * as ServerConfig from "@tempcred/server/ServerConfig"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { SignJWT } from "jose"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { onTestFinished, vi } from "vitest"

type Environment = Readonly<Record<string, string>>

const load = (env: Environment, options?: ServerConfig.Options) =>
  ServerConfig.load(options).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))))

/** The problem of each invalid variable. Checks that no value is in the error. */
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
    authenticate({ token: Redacted.make(token), headers: {}, request })
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

/** Creates a file with this text until the end of the test. */
const file = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), "tempcred-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, "secret")
  writeFileSync(path, text)
  return path
}

describe("authentication", () => {
  it.effect("must be configured, because there is no default", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* problems({}), {
        TEMPCRED_AUTH_JWKS_URL:
          "or TEMPCRED_AUTH_JWT_SECRET or TEMPCRED_AUTH_BEARER_TOKENS must be set: an endpoint that serves everybody gives the vendor's key away"
      })
    })
  )
  it.effect("must be configured in one way only", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* problems({ ...tokens, TEMPCRED_AUTH_JWT_SECRET: secret }), {
        TEMPCRED_AUTH_JWT_SECRET: "must be set alone, and not beside TEMPCRED_AUTH_BEARER_TOKENS",
        TEMPCRED_AUTH_BEARER_TOKENS: "must be set alone, and not beside TEMPCRED_AUTH_JWT_SECRET"
      })
      const all = yield* problems({ ...tokens, ...jwks, TEMPCRED_AUTH_JWT_SECRET: secret })
      assert.lengthOf(Object.keys(all), 3)
    })
  )
  it.effect("TEMPCRED_AUTH_BEARER_TOKENS lists callers with their tokens", () =>
    Effect.gen(function* () {
      const config = yield* load(tokens)
      assert.strictEqual(yield* ask(config, "sssh-a-kiosk-token"), "kiosk")
      assert.strictEqual(yield* ask(config, "sssh-another=token=="), "hall")
      assert.strictEqual((yield* Effect.flip(ask(config, "hall")))._tag, "UnauthenticatedError")
      for (const value of [
        "sssh-a-token-without-a-name",
        "kiosk=sssh-short",
        "=sssh-a-nameless-token",
        `${tokens.TEMPCRED_AUTH_BEARER_TOKENS},,`,
        "a=sssh-one-token-twice,b=sssh-one-token-twice"
      ]) {
        const { TEMPCRED_AUTH_BEARER_TOKENS, ...others } = yield* problems({ TEMPCRED_AUTH_BEARER_TOKENS: value })
        assert.match(TEMPCRED_AUTH_BEARER_TOKENS ?? "", /^must be name=token pairs/)
        assert.deepStrictEqual(others, {})
      }
      assert.deepStrictEqual(yield* problems({ ...tokens, TEMPCRED_AUTH_ISSUER: "https://id.example" }), {
        TEMPCRED_AUTH_ISSUER: "has no effect with TEMPCRED_AUTH_BEARER_TOKENS: remove it"
      })
    })
  )
  it.effect("TEMPCRED_AUTH_JWT_SECRET verifies JWTs, with their issuer and audience if these are set", () =>
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
  it.effect("TEMPCRED_AUTH_SUBJECT_CLAIM names the claim of the subject", () =>
    Effect.gen(function* () {
      const env = { TEMPCRED_AUTH_JWT_SECRET: secret, TEMPCRED_AUTH_SUBJECT_CLAIM: "uid" }
      const config = yield* load(env)
      assert.strictEqual(yield* ask(config, yield* signed({ uid: "u-1" })), "u-1")
      assert.match((yield* Effect.flip(ask(config, yield* signed({})))).message, /has no uid/)
      assert.deepStrictEqual(yield* problems({ ...tokens, TEMPCRED_AUTH_SUBJECT_CLAIM: "uid" }), {
        TEMPCRED_AUTH_SUBJECT_CLAIM: "has no effect with TEMPCRED_AUTH_BEARER_TOKENS: remove it"
      })
    })
  )
  it.effect("TEMPCRED_AUTH_HEADER and TEMPCRED_AUTH_COOKIE name the place of a JWT", () =>
    Effect.gen(function* () {
      const env = { TEMPCRED_AUTH_JWT_SECRET: secret }
      const asking = (config: Effect.Success<ReturnType<typeof load>>, headers: Record<string, string>) =>
        Authenticator.Authenticator.use(({ authenticate }) =>
          authenticate({ token: undefined, headers, request })
        ).pipe(
          Effect.map(({ subject }) => subject),
          Effect.provide(config.authenticator)
        )
      const token = yield* signed({})
      const inHeader = yield* load({ ...env, TEMPCRED_AUTH_HEADER: "X-Access-Token" })
      assert.strictEqual(yield* asking(inHeader, { "x-access-token": token }), "ana")
      const inCookie = yield* load({ ...env, TEMPCRED_AUTH_COOKIE: "session" })
      const headers = { cookie: `session=${token}`, "content-type": "application/json" }
      assert.strictEqual(yield* asking(inCookie, headers), "ana")
      for (const name of ["TEMPCRED_AUTH_HEADER", "TEMPCRED_AUTH_COOKIE"]) {
        assert.match((yield* problems({ ...env, [name]: "a b" }))[name] ?? "", /^must be the name of a/)
        assert.deepStrictEqual(yield* problems({ ...tokens, [name]: "x" }), {
          [name]: "has no effect with TEMPCRED_AUTH_BEARER_TOKENS: remove it"
        })
      }
      assert.deepStrictEqual(yield* problems({ ...env, TEMPCRED_AUTH_HEADER: "a", TEMPCRED_AUTH_COOKIE: "b" }), {
        TEMPCRED_AUTH_COOKIE: "must be set alone, and not beside TEMPCRED_AUTH_HEADER"
      })
    })
  )
  it.effect("TEMPCRED_AUTH_JWKS_URL needs an audience, or an issuer and any audience", () =>
    Effect.gen(function* () {
      const { TEMPCRED_AUTH_AUDIENCE: _, ...alone } = jwks
      for (const env of [alone, { ...alone, TEMPCRED_AUTH_ISSUER: "https://id.example" }]) {
        assert.deepStrictEqual(yield* problems(env), {
          TEMPCRED_AUTH_AUDIENCE:
            "must be set with TEMPCRED_AUTH_JWKS_URL, because its keys sign for other audiences too: names of audiences, or any"
        })
      }
      const any = { ...alone, TEMPCRED_AUTH_AUDIENCE: "any" }
      const { TEMPCRED_AUTH_AUDIENCE = "" } = yield* problems(any)
      assert.match(TEMPCRED_AUTH_AUDIENCE, /^may be any only with an issuer/)
      yield* load(jwks)
      yield* load({ ...any, TEMPCRED_AUTH_ISSUER: "https://id.example" })
      for (const more of [{}, { TEMPCRED_AUTH_AUDIENCE: "speech" }]) {
        const found = yield* problems({ TEMPCRED_AUTH_JWKS_URL: "http://sssh.example/keys", ...more })
        assert.match(found["TEMPCRED_AUTH_JWKS_URL"] ?? "", /^must begin with https/)
      }
    })
  )
})

describe("the options of the server", () => {
  it.effect("have defaults", () =>
    Effect.gen(function* () {
      const { server } = yield* load(tokens)
      const { policy, limits, ...rest } = server
      assert.deepStrictEqual(rest, {
        maxInFlight: undefined,
        allowedOrigins: undefined,
        allowedHeaders: undefined,
        prefix: undefined,
        metrics: undefined,
        docs: undefined,
        drainTimeout: undefined,
        keepAliveTimeout: undefined,
        host: "127.0.0.1",
        port: 8787
      })
      assert.deepStrictEqual(limits, { perMinute: undefined, concurrent: undefined, store: undefined })
      const nothing = {
        purposes: undefined,
        maxTtl: undefined,
        singleUse: undefined,
        maxSession: undefined,
        regions: undefined,
        allowNoRegion: undefined
      }
      assert.deepStrictEqual(policy, { terms: nothing })
    })
  )
  it.effect("can all be set", () =>
    Effect.gen(function* () {
      const store: LimitStore = { limits: () => Effect.never }
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
          TEMPCRED_POLICY_ALLOW_NO_REGION: "true",
          TEMPCRED_POLICY_SUBJECT_KEY: key,
          TEMPCRED_LIMIT_PER_MINUTE: "30",
          TEMPCRED_LIMIT_CONCURRENT: "4",
          TEMPCRED_LIMIT_IN_FLIGHT: "100",
          TEMPCRED_LIMIT_STORE: "rediss://user:pass@redis.example:6380",
          TEMPCRED_CORS_ORIGINS: "https://app.example.com, http://localhost:5173",
          TEMPCRED_CORS_HEADERS: "traceparent, baggage",
          TEMPCRED_PREFIX: "/api/speech",
          TEMPCRED_METRICS: "false",
          TEMPCRED_DOCS: "true",
          TEMPCRED_DRAIN_TIMEOUT: "1500 millis",
          TEMPCRED_KEEP_ALIVE_TIMEOUT: "2 minutes",
          TEMPCRED_HOST: "0.0.0.0",
          TEMPCRED_PORT: "0"
        },
        {
          redis: (url) => {
            asked.push(Redacted.value(url))
            return store
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
            regions: ["eu", "us"],
            allowNoRegion: true
          },
          subject: { hashedWith: Redacted.make(key) }
        },
        limits: { perMinute: 30, concurrent: 4, store },
        maxInFlight: 100,
        allowedOrigins: ["https://app.example.com", "http://localhost:5173"],
        allowedHeaders: ["traceparent", "baggage"],
        prefix: "/api/speech",
        metrics: false,
        docs: true,
        drainTimeout: Duration.millis(1500),
        keepAliveTimeout: Duration.minutes(2),
        host: "0.0.0.0",
        port: 0
      })
      assert.deepStrictEqual(asked, ["rediss://user:pass@redis.example:6380"])
    })
  )
  it.effect("are all checked at once; the error has the variables' names, without values", () =>
    Effect.gen(function* () {
      const env = {
        TEMPCRED_AUTH_JWT_SECRET: "sssh",
        TEMPCRED_POLICY_PURPOSES: "stt.realtime,sssh",
        TEMPCRED_POLICY_MAX_TTL: "60",
        TEMPCRED_POLICY_SINGLE_USE: "sssh",
        TEMPCRED_POLICY_MAX_SESSION: "1.5 seconds",
        TEMPCRED_POLICY_REGIONS: "eu,,us",
        TEMPCRED_POLICY_ALLOW_NO_REGION: "sssh",
        TEMPCRED_POLICY_SUBJECT_KEY: "sssh",
        TEMPCRED_LIMIT_PER_MINUTE: "0",
        TEMPCRED_LIMIT_CONCURRENT: "1.5",
        TEMPCRED_LIMIT_IN_FLIGHT: "sssh",
        TEMPCRED_LIMIT_STORE: "sssh://host",
        TEMPCRED_CORS_ORIGINS: "https://sssh.example/",
        TEMPCRED_CORS_HEADERS: "sssh, *",
        TEMPCRED_PREFIX: "/sssh/",
        TEMPCRED_METRICS: "sssh",
        TEMPCRED_DOCS: "1",
        TEMPCRED_DRAIN_TIMEOUT: "20",
        TEMPCRED_KEEP_ALIVE_TIMEOUT: "65",
        TEMPCRED_HOST: "a host",
        TEMPCRED_PORT: "65536",
        OTEL_EXPORTER_OTLP_ENDPOINT: "sssh:4318",
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc"
      }
      const found = yield* problems(env)
      assert.sameMembers(Object.keys(found), Object.keys(env))
      for (const message of Object.values(found)) assert.match(message, /^must be /)
      for (const origins of ["*", "https://*.example.com", "app.example.com", "https://app.example.com,,"]) {
        const { TEMPCRED_CORS_ORIGINS = "" } = yield* problems({ ...tokens, TEMPCRED_CORS_ORIGINS: origins })
        assert.match(TEMPCRED_CORS_ORIGINS, /^must be origins such as/)
      }
      for (const prefix of ["sssh", "/", "/:sssh", "/api//sssh"]) {
        assert.deepStrictEqual(yield* problems({ ...tokens, TEMPCRED_PREFIX: prefix }), {
          TEMPCRED_PREFIX: "must be a path such as /api/speech, without a slash at the end"
        })
      }
      for (const timeout of ["0 seconds", "Infinity", "-1 seconds"]) {
        const { TEMPCRED_DRAIN_TIMEOUT = "" } = yield* problems({ ...tokens, TEMPCRED_DRAIN_TIMEOUT: timeout })
        assert.match(TEMPCRED_DRAIN_TIMEOUT, /^must be a duration/)
      }
      for (const port of ["-1", "http", "80.5", "1e3"]) {
        assert.deepStrictEqual(yield* problems({ ...tokens, TEMPCRED_PORT: port }), {
          TEMPCRED_PORT: "must be a whole number, 0 to 65535"
        })
      }
    })
  )
  it.effect("a Redis URL needs @tempcred/redis; the error has the package and the line to add", () =>
    Effect.gen(function* () {
      const env = { ...tokens, TEMPCRED_LIMIT_STORE: "redis://127.0.0.1:6379" }
      const { TEMPCRED_LIMIT_STORE: missing = "" } = yield* problems(env)
      assert.match(missing, /package @tempcred\/redis.*import .*ServerConfig\.load\(\{ redis: Redis\.connect \}\)$/)
      const malformed = ["redis://", "redis://h:sssh", "redis://h:65536", "redis://h/sssh", "redis://:%ff@h", "redis:h"]
      for (const url of malformed) {
        const { TEMPCRED_LIMIT_STORE = "" } = yield* problems({ ...tokens, TEMPCRED_LIMIT_STORE: url })
        assert.match(TEMPCRED_LIMIT_STORE, /^must be memory, or a URL such as redis:/, url)
      }
      for (const url of [
        "redis://h",
        "redis://[::1]:6380/",
        "rediss://user:p%40ss@redis.example:6379/2",
        "redis://:pass@h"
      ]) {
        const { server: reached } = yield* load(
          { ...tokens, TEMPCRED_LIMIT_STORE: url },
          { redis: () => ({ limits: () => Effect.never }) }
        )
        assert.isDefined(reached.limits?.store)
      }
      const { server } = yield* load({ ...tokens, TEMPCRED_LIMIT_STORE: "memory" })
      assert.isUndefined(server.limits?.store)
    })
  )
})

const request = new Request("https://app.example/v1/credentials")

describe("values", () => {
  it.effect("can be read from files if they are secret", () =>
    Effect.gen(function* () {
      const shared = yield* load({ TEMPCRED_AUTH_JWT_SECRET_FILE: file(`\uFEFF${secret}\r\n`) })
      assert.strictEqual(yield* ask(shared, yield* signed({})), "ana")
      const listed = yield* load({
        TEMPCRED_AUTH_BEARER_TOKENS_FILE: file("kiosk=sssh-a-kiosk-token\nhall=sssh-of-the-hall\n")
      })
      assert.strictEqual(yield* ask(listed, "sssh-of-the-hall"), "hall")
      const key = Buffer.alloc(32, 7).toString("base64")
      const reached: Array<string> = []
      const env = {
        ...tokens,
        TEMPCRED_POLICY_SUBJECT_KEY_FILE: file(`${key}\n`),
        TEMPCRED_LIMIT_STORE_FILE: file("redis://:sssh@redis.example\n")
      }
      const { server } = yield* load(env, {
        redis: (url) => {
          reached.push(Redacted.value(url))
          return { limits: () => Effect.never }
        }
      })
      assert.deepStrictEqual(server.policy?.subject, { hashedWith: Redacted.make(key) })
      assert.deepStrictEqual(reached, ["redis://:sssh@redis.example"])
    })
  )
  it.effect("are trimmed of line ends and a byte order mark", () =>
    Effect.gen(function* () {
      const env = {
        TEMPCRED_AUTH_JWT_SECRET: `\uFEFF${secret}\n`,
        TEMPCRED_AUTH_ISSUER: "https://id.example\r\n",
        TEMPCRED_AUTH_AUDIENCE: " speech,\ndemo,\n",
        TEMPCRED_AUTH_SUBJECT_CLAIM: "uid\n",
        TEMPCRED_POLICY_PURPOSES: "stt.realtime,",
        TEMPCRED_METRICS: "False\n",
        TEMPCRED_PORT: " 8080\n"
      }
      const config = yield* load(env)
      const claims = { iss: "https://id.example", aud: "demo", uid: "u-1" }
      assert.strictEqual(yield* ask(config, yield* signed(claims)), "u-1")
      assert.deepStrictEqual([config.server.metrics, config.server.port], [false, 8080])
      assert.deepStrictEqual(config.server.policy?.terms, {
        purposes: ["stt.realtime"],
        maxTtl: undefined,
        singleUse: undefined,
        maxSession: undefined,
        regions: undefined,
        allowNoRegion: undefined
      })
    })
  )
  it.effect("with quotation marks or spaces are rejected with the variable's name, without the value", () =>
    Effect.gen(function* () {
      const quoted = "begins or ends with a quotation mark: write it without quotation marks"
      for (const env of [
        { TEMPCRED_AUTH_JWT_SECRET: `"${secret}"` },
        { TEMPCRED_AUTH_BEARER_TOKENS: `'${tokens.TEMPCRED_AUTH_BEARER_TOKENS}'` },
        { TEMPCRED_AUTH_BEARER_TOKENS: 'kiosk="sssh-a-kiosk-token",hall=sssh-another-token' },
        { TEMPCRED_AUTH_JWKS_URL: '"https://id.example/keys"' },
        { ...jwks, TEMPCRED_AUTH_ISSUER: '"https://id.example"' },
        { ...jwks, TEMPCRED_AUTH_AUDIENCE: '"speech","demo"' },
        { ...tokens, TEMPCRED_POLICY_PURPOSES: '"stt.realtime"' },
        { ...tokens, TEMPCRED_POLICY_MAX_TTL: '"60 seconds"' },
        { ...tokens, TEMPCRED_CORS_ORIGINS: '"https://app.example.com"' },
        { ...tokens, TEMPCRED_METRICS: "'true'" },
        { ...tokens, TEMPCRED_PORT: '"8080"' },
        { ...tokens, TEMPCRED_LIMIT_STORE: '"redis://redis.example"' },
        { ...tokens, TEMPCRED_POLICY_SUBJECT_KEY: `"${Buffer.alloc(32, 7).toString("base64")}"` }
      ]) {
        const found = yield* problems(env)
        const [name = ""] = Object.entries(env).flatMap(([one, value]) => (/["']/.test(value) ? [one] : []))
        assert.deepStrictEqual(found, { [name]: quoted })
      }
      assert.deepStrictEqual(yield* problems({ TEMPCRED_AUTH_JWT_SECRET: `${secret} ${secret}` }), {
        TEMPCRED_AUTH_JWT_SECRET: "holds a space: copy it again"
      })
      assert.deepStrictEqual(yield* problems({ ...jwks, TEMPCRED_AUTH_AUDIENCE: "speech demo" }), {
        TEMPCRED_AUTH_AUDIENCE: "holds a space: write a comma between two items"
      })
      assert.deepStrictEqual(yield* problems({ ...jwks, TEMPCRED_AUTH_SUBJECT_CLAIM: "user id" }), {
        TEMPCRED_AUTH_SUBJECT_CLAIM: "must be one word without spaces"
      })
    })
  )
})

describe("the environment", () => {
  it.effect("is read each time the configuration is loaded, unless the app provides a ConfigProvider", () =>
    Effect.gen(function* () {
      vi.stubEnv("TEMPCRED_AUTH_BEARER_TOKENS", "kiosk=sssh-a-kiosk-token")
      yield* ServerConfig.load()
      vi.stubEnv("TEMPCRED_AUTH_BEARER_TOKENS", "hall=sssh-another-token")
      const config = yield* ServerConfig.load()
      assert.strictEqual(yield* ask(config, "sssh-another-token"), "hall")
      vi.unstubAllEnvs()
    })
  )
  it.effect("can contain the variables of a Kubernetes service named tempcred", () =>
    Effect.gen(function* () {
      const links = {
        TEMPCRED_SERVICE_HOST: "10.0.0.1",
        TEMPCRED_SERVICE_PORT: "8787",
        TEMPCRED_PORT: "tcp://10.0.0.1:8787",
        TEMPCRED_PORT_8787_TCP: "tcp://10.0.0.1:8787",
        TEMPCRED_AUTH_SERVICE_HOST: "10.0.0.2",
        TEMPCRED_AUTH_PORT: "tcp://10.0.0.2:8080",
        TEMPCRED_AUTH_PORT_8080_TCP: "tcp://10.0.0.2:8080",
        TEMPCRED_AUTH_PORT_8080_TCP_ADDR: "10.0.0.2"
      }
      const { server } = yield* load({ ...tokens, ...links })
      assert.strictEqual(server.port, 8787)
    })
  )
  it.effect("can have the port in another variable if TEMPCRED_PORT is not set", () =>
    Effect.gen(function* () {
      const port = (env: Environment, portVariable?: string) =>
        Effect.map(load({ ...tokens, ...env }, { portVariable }), ({ server }) => server.port)
      const options = { portVariable: "PORT" }
      assert.strictEqual(yield* port({ PORT: "8080" }), 8787)
      assert.strictEqual(yield* port({ PORT: "8080" }, "PORT"), 8080)
      assert.strictEqual(yield* port({ PORT: "8080", TEMPCRED_PORT: "9090" }, "PORT"), 9090)
      assert.strictEqual(yield* port({ PORT: "8080", TEMPCRED_PORT: "tcp://10.0.0.1:8787" }, "PORT"), 8080)
      assert.strictEqual(yield* port({ PORT: "" }, "PORT"), 8787)
      assert.deepStrictEqual(yield* problems({ ...tokens, PORT: "http" }, options), {
        PORT: "must be a whole number, 0 to 65535"
      })
    })
  )
})

describe("the names of variables", () => {
  const misspelt = {
    TEMPCRED_AUTH_AUDIENCES: "sssh",
    TEMPCRED_POLICY_MAXTTL: "sssh",
    TEMPCRED_LIMIT_PER_MIN: "sssh",
    TEMPCRED_LIMIT_3: "sssh"
  }
  const told: Environment = {
    TEMPCRED_AUTH_AUDIENCES: "is not a variable of tempcred: did you mean TEMPCRED_AUTH_AUDIENCE?",
    TEMPCRED_POLICY_MAXTTL: "is not a variable of tempcred: did you mean TEMPCRED_POLICY_MAX_TTL?",
    TEMPCRED_LIMIT_PER_MIN: "is not a variable of tempcred: did you mean TEMPCRED_LIMIT_PER_MINUTE?",
    TEMPCRED_LIMIT_3:
      "is not a variable of tempcred: similar ones are TEMPCRED_LIMIT_PER_MINUTE, TEMPCRED_LIMIT_CONCURRENT, TEMPCRED_LIMIT_IN_FLIGHT, TEMPCRED_LIMIT_STORE, TEMPCRED_LIMIT_STORE_FILE"
  }
  /** Variables that other programs read, or that are empty. */
  const foreign = {
    TEMPCRED_AUTHOR: "x",
    TEMPCRED_TTL: "60 seconds",
    TEMPCRED_CACHE: "off",
    TEMPCRED_LIMIT_PER_HOUR: ""
  }

  it.effect("that are unknown are rejected with the nearest known ones", () =>
    Effect.gen(function* () {
      const env = { ...tokens, ...foreign, ...misspelt, TEMPCRED_PORT: "http" }
      const { TEMPCRED_PORT, ...found } = yield* problems(env)
      assert.match(TEMPCRED_PORT ?? "", /^must be a whole number/)
      assert.deepStrictEqual(found, told)
      assert.hasAllKeys(yield* problems({ ...tokens, TEMPCRED_POLICY_3: "sssh" }), ["TEMPCRED_POLICY_3"])
      yield* load({ ...tokens, ...foreign })
    })
  )
  it.effect("are checked in objects and nested ConfigProviders, but not in those that cannot list their names", () =>
    Effect.gen(function* () {
      const found = (provider: ConfigProvider.ConfigProvider) =>
        ServerConfig.load().pipe(
          Effect.provide(ConfigProvider.layer(provider)),
          Effect.match({ onFailure: ({ issues }) => issues.map(({ name }) => name), onSuccess: () => [] })
        )
      const names = Object.keys(misspelt)
      assert.sameMembers(yield* found(ConfigProvider.fromUnknown({ ...tokens, ...misspelt })), names)
      const app = Object.fromEntries(
        Object.entries({ ...tokens, ...misspelt }).map(([name, value]) => [`APP_${name}`, value])
      )
      assert.sameMembers(yield* found(ConfigProvider.nested(ConfigProvider.fromEnv({ env: app }), "APP")), names)
      const values: Environment = { ...tokens, ...misspelt }
      const listless = ConfigProvider.make((path) => {
        const value = values[path.join("_")]
        if (path.length !== 1) return Effect.fail(new ConfigProvider.SourceError({ message: "lists nothing" }))
        return Effect.succeed(value === undefined ? undefined : ConfigProvider.makeValue(value))
      })
      assert.deepStrictEqual(yield* found(listless), [])
    })
  )
  it.effect("are the same in the code and in the README's table", () =>
    Effect.gen(function* () {
      const asked = new Set<string>()
      const absent: ConfigProvider.Node | undefined = undefined
      const recording = ConfigProvider.make((path) => {
        const [name = "", ...rest] = path
        if (rest.length === 0 && path.length > 0 && name !== "TEMPCRED") asked.add(String(name))
        return Effect.succeed(absent)
      })
      yield* Effect.exit(ServerConfig.load().pipe(Effect.provide(ConfigProvider.layer(recording))))
      const files = [...asked].filter((name) => name.endsWith("_FILE"))
      const read = [...asked].filter((name) => !files.includes(name))
      assert.isAbove(read.length, 20)
      assert.includeMembers(
        [...Variables.variables],
        [...asked].filter((name) => name.startsWith("TEMPCRED_"))
      )
      const text = readFileSync(new URL("../README.md", import.meta.url), "utf8")
      const [, rows = ""] = /\| variable +\|[^\n]*\n[^\n]*\n((?:(?: \* )?\|[^\n]*\n)+)/.exec(text) ?? []
      const cells = rows.split("\n").map((row) => row.split("|")[1] ?? "")
      const shown = cells.flatMap((cell) => Array.from(cell.matchAll(/`([A-Z_]+)`/g), ([, name = ""]) => name))
      assert.deepStrictEqual(shown.toSorted(), read.toSorted())
      for (const name of files) assert.include(text, `\`${name}\``)
    })
  )
})
