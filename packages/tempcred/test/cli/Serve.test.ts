import * as Node from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { type Options, run, start, vendors } from "./program.ts"

const bearer = "kiosk-7-secret-token"

const stopping = /^Stopping\. Requests in progress are completed first\.$/m

const authentication = { TEMPCRED_AUTH_BEARER_TOKENS: `kiosk-7=${bearer}` }

const serve = async (args: ReadonlyArray<string>, options: Options) => {
  const running = start(["serve", "--port", "0", ...args], options)
  const [, origin = ""] = await running.said(/^Listening on (\S+)\./m)
  const mint = (authorization = `Bearer ${bearer}`) =>
    fetch(`${origin}/v1/credentials`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ purpose: "stt.realtime" })
    })
  return { ...running, origin, mint }
}

describe("serve", () => {
  it("serves credentials, logs requests to stdout as JSON without secrets, and shuts down gracefully", async () => {
    await using vendor = await vendors()
    const server = await serve([], { env: { ...vendor.env, ...authentication, TEMPCRED_PROVIDER: "soniox" } })
    const answer = await server.mint()
    const { token }: { readonly token: string } = await answer.json()
    assert.strictEqual(answer.status, 201)
    assert.strictEqual((await server.mint("Bearer wrong")).status, 401)
    assert.strictEqual((await fetch(`${server.origin}/readyz`)).status, 200)
    server.child.kill("SIGTERM")
    const { code, err, out } = await server.ended
    assert.strictEqual(code, 0)
    const entries = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
    // A line is written after its response, when the next request may be in progress.
    assert.sameMembers(
      entries.map(({ path, status }) => `${path} ${status}`),
      ["/v1/credentials 201", "/v1/credentials 401", "/readyz 200"]
    )
    for (const secret of [token, bearer, vendor.env["SONIOX_API_KEY"] ?? "", "kiosk-7"])
      assert.notInclude(out + err, secret)
  })

  it("completes requests in progress before it stops", async () => {
    await using vendor = await vendors()
    vendor.soniox.faults.add(Soniox.mintRoute, { delay: 700 })
    const server = await serve([], { env: { ...vendor.env, ...authentication, TEMPCRED_PROVIDER: "soniox" } })
    const answer = server.mint()
    while (vendor.soniox.log.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    server.child.kill("SIGTERM")
    assert.strictEqual((await answer).status, 201)
    const { code, err } = await server.ended
    assert.strictEqual(code, 0)
    assert.match(err, stopping)
  })

  it("needs no vendor key with emulators, and exits with 130 after Ctrl-C", async () => {
    const env = { ...authentication, TEMPCRED_PROVIDER: "speechmatics", SPEECHMATICS_API_KEY_FILE: "nowhere" }
    const server = await serve(["--emulator"], { env: { ...env, TEMPCRED_POLICY_SINGLE_USE: "asked" } })
    const { provider }: { readonly provider: string } = await (await server.mint()).json()
    assert.strictEqual(provider, "speechmatics")
    server.child.kill("SIGINT")
    const { code, err } = await server.ended
    assert.strictEqual(code, 130)
    assert.match(err, stopping)
  })

  it("reads a configuration file, below the environment and the flags", async () => {
    await using vendor = await vendors()
    const folder = mkdtempSync(join(tmpdir(), "tempcred-"))
    const file = join(folder, "endpoint.json")
    const written = {
      ...vendor.env,
      ...authentication,
      TEMPCRED_PROVIDER: "soniox",
      TEMPCRED_PORT: 1,
      TEMPCRED_LIMIT_PER_MINUTE: 1
    }
    writeFileSync(file, JSON.stringify(written))
    const server = await serve(["--config", file], { env: { TEMPCRED_LIMIT_PER_MINUTE: "2" } })
    assert.notInclude(["1", "8787"], new URL(server.origin).port)
    const statuses = [await server.mint(), await server.mint(), await server.mint()].map(({ status }) => status)
    assert.deepStrictEqual(statuses, [201, 201, 429])
    server.child.kill("SIGTERM")
    assert.strictEqual((await server.ended).code, 0)
    rmSync(folder, { recursive: true })
  })

  it("names all missing variables, of the endpoint and of the vendor", async () => {
    const { code, err, out } = await run(["serve"], { env: { TEMPCRED_PROVIDER: "soniox" } })
    assert.deepStrictEqual([code, out], [3, ""])
    for (const name of ["TEMPCRED_AUTH_JWKS_URL", "SONIOX_API_KEY"]) assert.include(err, name)
  })

  it("names the variable and flag of a host or port that cannot be used, and gives advice", async () => {
    await using taken = await Node.serve(Soniox.make())
    for (const [flag, value, told] of [
      ["--port", String(taken.port), /^tempcred: TEMPCRED_PORT \(--port\) \d+ is not available: .*\n.*--port/],
      ["--host", "192.0.2.1", /^tempcred: TEMPCRED_HOST \(--host\) 192\.0\.2\.1 is not a name .*\n.*--host/]
    ] as const) {
      const { code, err, out } = await run(["serve", "--emulator", flag, value], { env: authentication })
      assert.deepStrictEqual([code, out], [3, ""])
      assert.match(err, told)
    }
  })
})
