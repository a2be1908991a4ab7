import { mintRoute, transcribeRoute } from "@tempcred/emulator/Soniox"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { createServer as createSecureServer } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { deadPort, type Ended, listen, type Options, redisServer, run, start, vendors } from "./program.ts"

interface Finding {
  readonly provider: string
  readonly check: string
  readonly outcome: string
  readonly detail: string
  readonly advice?: string
}

type Run = (args: ReadonlyArray<string>, options: Options) => Promise<Ended>

const examineBy = async (by: Run, env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) => {
  const { code, err, out } = await by(["doctor", "--json", ...args], { env: { TEMPCRED_PROVIDER: "soniox", ...env } })
  const findings: ReadonlyArray<Finding> = JSON.parse(out)
  const outcomes = Object.fromEntries(findings.map(({ check, outcome }) => [check, outcome]))
  const of = (check: string) => findings.find((finding) => finding.check === check)
  return { code, err, findings, outcomes, of }
}

const examine = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) => examineBy(run, env, ...args)

const examineApart: typeof examine = (env, ...args) =>
  examineBy((words, options) => start(words, options).ended, env, ...args)

const openssl = spawnSync("openssl", ["version"]).status === 0

describe("doctor", () => {
  it("passes every check of a working vendor, and leaves no connection open", async () => {
    await using vendor = await vendors()
    const { code, err, outcomes, of } = await examineApart(vendor.env)
    assert.deepStrictEqual([code, err], [0, ""])
    assert.deepStrictEqual(outcomes, {
      configuration: "ok",
      dns: "skipped",
      tls: "skipped",
      clock: "ok",
      mint: "ok",
      connection: "ok"
    })
    assert.match(of("mint")?.detail ?? "", /^single-use until /)
    assert.deepStrictEqual(
      vendor.soniox.log.map(({ route, status }) => [route, status]),
      [
        [mintRoute, 201],
        [transcribeRoute, 101]
      ]
    )
  })

  it("prints a table with advice", async () => {
    await using vendor = await vendors()
    const env = { ...vendor.env, SONIOX_API_KEY: "another-key", TEMPCRED_PROVIDER: "soniox,speechmatics" }
    const { code, err, out } = await run(["doctor"], { env })
    assert.strictEqual(code, 4)
    assert.match(out, /^ok +soniox +configuration +complete, mints at http:\/\/127\.0\.0\.1:\d+$/m)
    assert.match(out, /^failed +soniox +mint +the vendor refused the long-lived key \(status 401/m)
    assert.match(out, /^skipped +soniox +connection +there is no credential$/m)
    assert.match(out, /^ok +speechmatics +connection +ws:\/\/127\.0\.0\.1:\d+\/v2 opened$/m)
    assert.match(out, /^ {2}soniox, mint: Check the vendor's key/m)
    assert.strictEqual(err, "tempcred: 1 check failed\nSee the advice for each failed check.\n")
    assert.notInclude(out, "another-key")
  })

  it("checks the other vendors if one is not configured", async () => {
    await using vendor = await vendors()
    const { SONIOX_API_KEY: _, ...env } = vendor.env
    const { code, findings } = await examine(env, "--provider", "soniox,speechmatics")
    const told = findings.map(({ check, outcome, provider }) => `${provider} ${check} ${outcome}`)
    assert.strictEqual(code, 3)
    assert.includeMembers(told, ["soniox configuration failed", "soniox mint skipped", "speechmatics connection ok"])
    assert.include(findings[0]?.detail, "SONIOX_API_KEY")
  })

  it("fails if the choice of a vendor is invalid", async () => {
    for (const env of [{ TEMPCRED_PROVIDER: "acme" }, { TEMPCRED_TTL: "60" }, { TEMPCRED_CACHE: "disk" }]) {
      const { code, err, out } = await run(["doctor"], { env: { TEMPCRED_PROVIDER: "soniox", ...env } })
      assert.deepStrictEqual([code, out], [3, ""])
      assert.include(err, Object.keys(env)[0] ?? "")
    }
  })

  it("reports a host name without an address", async () => {
    const env = { SONIOX_API_KEY: "key", SONIOX_API_BASE_URL: "https://nowhere.invalid" }
    const { code, outcomes, of } = await examine(env)
    assert.deepInclude(outcomes, {
      configuration: "ok",
      dns: "failed",
      tls: "failed",
      mint: "failed",
      clock: "skipped"
    })
    assert.match(of("dns")?.detail ?? "", /^nowhere\.invalid has no address/)
    assert.strictEqual(code, 5)
  })

  it("reports a wrong clock, and exits with the lowest code of its failures", async () => {
    const server = createServer((_, response) => {
      response.writeHead(503, { date: new Date(Date.now() - 90_000).toUTCString() }).end()
    })
    const SONIOX_API_BASE_URL = `http://127.0.0.1:${await listen(server)}`
    const { code, outcomes, of } = await examine({ SONIOX_API_KEY: "key", SONIOX_API_BASE_URL })
    server.close()
    assert.deepInclude(outcomes, { clock: "failed", mint: "failed", connection: "skipped" })
    assert.match(of("clock")?.detail ?? "", /^is (89|90|91) seconds ahead of the vendor's$/)
    assert.strictEqual(code, 3)
  })

  it.each([{ date: "2020-01-01" }, { date: "1" }, { date: new Date(0).toUTCString(), age: "60" }])(
    "does not compare clocks with a date that is malformed or a cache's: %o",
    async (headers) => {
      const server = createServer((_, response) => {
        response.sendDate = false
        response.writeHead(503, headers).end()
      })
      const SONIOX_API_BASE_URL = `http://127.0.0.1:${await listen(server)}`
      const { outcomes, of } = await examine({ SONIOX_API_KEY: "key", SONIOX_API_BASE_URL })
      server.close()
      assert.deepInclude(outcomes, { clock: "skipped", mint: "failed" })
      assert.strictEqual(of("clock")?.detail, "the vendor's response has no valid date of its own")
    }
  )

  it.skipIf(!openssl)("reports an untrusted certificate, and the validity of a trusted one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tempcred-"))
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
    const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    spawnSync("openssl", [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "12",
      ...names,
      "-keyout",
      key,
      "-out",
      cert
    ])
    const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
      response.writeHead(503).end()
    })
    server.on("tlsClientError", () => {})
    const port = await listen(server)
    const env = { SONIOX_API_KEY: "key", SONIOX_API_BASE_URL: `https://localhost:${port}` }
    const stranger = await examine(env)
    const trusted = await examineApart({ ...env, NODE_EXTRA_CA_CERTS: cert })
    server.close()
    rmSync(folder, { recursive: true })
    assert.deepInclude(stranger.outcomes, { dns: "ok", tls: "failed" })
    assert.include(stranger.of("tls")?.advice, "NODE_EXTRA_CA_CERTS")
    assert.strictEqual(trusted.of("tls")?.detail, `localhost:${port} uses TLSv1.3, certificate valid for 11 days`)
  })

  it("reports a port without a server, and does not advise to run doctor", async () => {
    const port = await deadPort()
    const { code, findings, of } = await examine({
      SONIOX_API_KEY: "key",
      SONIOX_API_BASE_URL: `http://127.0.0.1:${port}`
    })
    assert.strictEqual(code, 5)
    assert.strictEqual(of("tls")?.detail, `127.0.0.1:${port} cannot be reached (ECONNREFUSED)`)
    assert.strictEqual(of("mint")?.outcome, "failed")
    for (const { advice } of findings) assert.notInclude(advice ?? "", "doctor")
  })

  it("reports a refused connection, and one without a response", async () => {
    await using vendor = await vendors()
    vendor.soniox.faults.add(transcribeRoute, { status: 401 })
    const refused = await examine(vendor.env)
    assert.deepStrictEqual([refused.code, refused.of("connection")?.outcome], [4, "failed"])
    assert.include(refused.of("connection")?.detail, "refused the credential (status 401)")
    const SONIOX_WS_URL = `ws://127.0.0.1:${await deadPort()}/transcribe-websocket`
    const silent = await examine({ ...vendor.env, SONIOX_WS_URL })
    assert.deepStrictEqual([silent.code, silent.of("connection")?.outcome], [5, "failed"])
    assert.include(silent.of("connection")?.detail, "(ECONNREFUSED)")
  })

  it("opens no connection for a credential that is for HTTP only", async () => {
    await using vendor = await vendors()
    const { code, outcomes } = await examine(vendor.env, "--purpose", "tts.batch")
    assert.deepInclude(outcomes, { mint: "ok", connection: "skipped" })
    assert.strictEqual(code, 0)
  })

  it("reports an unsupported purpose without a call", async () => {
    await using vendor = await vendors()
    const { code, outcomes } = await examine(vendor.env, "--purpose", "agent")
    assert.deepInclude(outcomes, { configuration: "ok", dns: "skipped", mint: "failed", connection: "skipped" })
    assert.deepStrictEqual([code, vendor.soniox.log.length], [4, 0])
  })
})

describe("doctor for the token endpoint", () => {
  const jwks = async (status: number) => {
    const server = createServer((_, response) => response.writeHead(status).end('{"keys":[]}'))
    const TEMPCRED_AUTH_JWKS_URL = `http://127.0.0.1:${await listen(server)}/keys`
    return { env: { TEMPCRED_AUTH_JWKS_URL, TEMPCRED_AUTH_AUDIENCE: "speech" }, server }
  }
  const bearer = { TEMPCRED_AUTH_BEARER_TOKENS: "kiosk-7=kiosk-7-secret-token" }

  it("reports nothing if no endpoint is configured", async () => {
    await using vendor = await vendors()
    const { of } = await examine({ ...vendor.env, TEMPCRED_PORT: "8787" })
    assert.isUndefined(of("endpoint"))
  })

  it("passes if the endpoint is configured and its key set and Redis respond", async () => {
    await using vendor = await vendors()
    const { env, server } = await jwks(200)
    const { url } = await redisServer()
    const { code, of } = await examine({ ...vendor.env, ...env, TEMPCRED_LIMIT_STORE: url, TEMPCRED_PORT: "9000" })
    server.close()
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(of("endpoint"), {
      provider: "tempcred",
      check: "endpoint",
      outcome: "ok",
      detail: "complete, will listen on 127.0.0.1:9000"
    })
    const { out } = await run(["doctor"], { env: { ...vendor.env, ...bearer, TEMPCRED_PROVIDER: "soniox" } })
    assert.match(out, /^ok +tempcred +endpoint +complete, will listen on 127\.0\.0\.1:8787$/m)
    assert.notInclude(out, "kiosk-7")
  })

  it.each([
    [{ TEMPCRED_LIMIT_PER_MINUTE: "60" }, "TEMPCRED_AUTH_JWKS_URL"],
    [{ TEMPCRED_POLICY_MAX_TTL: "60" }, "TEMPCRED_POLICY_MAX_TTL"],
    [{ TEMPCRED_AUTH_ISSUER: "https://issuer.example" }, "TEMPCRED_AUTH_JWKS_URL"]
  ])("names the missing or invalid variable: %j", async (env, name) => {
    await using vendor = await vendors()
    const { code, of } = await examine({ ...vendor.env, ...env })
    assert.deepStrictEqual([code, of("endpoint")?.outcome], [3, "failed"])
    assert.include(of("endpoint")?.detail, name)
  })

  it("reports a key set that cannot be fetched", async () => {
    await using vendor = await vendors()
    const { env, server } = await jwks(500)
    const refused = await examine({ ...vendor.env, ...env })
    assert.deepStrictEqual([refused.code, refused.of("endpoint")?.outcome], [5, "failed"])
    assert.include(refused.of("endpoint")?.detail, "status 500")
    server.close()
    const gone = await examine({ ...vendor.env, ...env })
    assert.include(gone.of("endpoint")?.detail, "cannot be reached")
    assert.include(gone.of("endpoint")?.advice, "TEMPCRED_AUTH_JWKS_URL")
  })

  it("reports a Redis that cannot be reached", async () => {
    await using vendor = await vendors()
    const TEMPCRED_LIMIT_STORE = `redis://:secret-of-redis@127.0.0.1:${await deadPort()}`
    const { code, findings, of } = await examine({ ...vendor.env, ...bearer, TEMPCRED_LIMIT_STORE })
    assert.deepStrictEqual([code, of("endpoint")?.outcome], [5, "failed"])
    assert.include(of("endpoint")?.advice, "TEMPCRED_LIMIT_STORE")
    assert.notInclude(JSON.stringify(findings), "secret-of-redis")
  })
})
