import { mintRoute } from "@tempcred/emulator/Soniox"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { run, source, start, vendors } from "./program.ts"

const soniox = { TEMPCRED_PROVIDER: "soniox" }

describe("mint", () => {
  it("prints a table without the token", async () => {
    await using vendor = await vendors()
    const { code, err, out } = await run(["mint", "--subject", "user-42", "--max-session", "10 minutes"], {
      env: { ...vendor.env, ...soniox }
    })
    assert.deepStrictEqual([code, err], [0, ""])
    assert.match(
      out,
      /^provider +soniox\npurpose +stt\.realtime\ntoken +<redacted>\nexpires +\S+Z \(in (1m|59s), stated by the vendor\)\n/
    )
    assert.match(out, /^max session +10m$/m)
    assert.match(out, /^subject +user-42$/m)
    assert.match(out, /^connections +ws:\S+ \(websocket, server, token in header\)$/m)
  })

  it("prints the end of all use if the vendor has one", async () => {
    for (const [args, minutes] of [
      [[], 30],
      [["--usable-for", "10 minutes"], 10]
    ] as const) {
      const { out } = await run(["mint", "--emulator", "--provider", "gemini", "--purpose", "realtime", ...args])
      const [expires, usable] = [/^expires +(\S+)/m, /^usable until +(\S+)$/m].map((pattern) =>
        Date.parse(pattern.exec(out)?.[1] ?? "")
      )
      assert.strictEqual(Number(usable) - Number(expires), (minutes - 1) * 60_000)
    }
    assert.notInclude((await run(["mint", "--emulator"])).out, "usable until")
  })

  it("prints one JSON object, with the token only if requested", async () => {
    await using vendor = await vendors()
    const env = { ...vendor.env, ...soniox }
    const hidden = await run(["mint", "--json"], { env })
    assert.deepInclude(JSON.parse(hidden.out), { provider: "soniox", token: "<redacted>", uses: "many", relaxed: [] })
    const shown = await run(["mint", "--json", "--show-token"], { env })
    assert.match(JSON.parse(shown.out).token, /^snx_temp_/)
    assert.deepStrictEqual([hidden.err, shown.err], ["", ""])
  })

  it("requests what the flags specify", async () => {
    await using vendor = await vendors()
    const args = [
      "--purpose",
      "tts.realtime",
      "--ttl",
      "90 seconds",
      "--subject",
      "a b",
      "--single-use",
      "--region",
      "us"
    ]
    await run(["mint", ...args], { env: { ...vendor.env, ...soniox } })
    assert.deepStrictEqual(JSON.parse(vendor.soniox.log[0]?.body ?? ""), {
      usage_type: "tts_rt",
      expires_in_seconds: 90,
      client_reference_id: "a b",
      single_use: true
    })
  })

  it("prefers the provider of the flag to the environment, and fails over to the next of a list", async () => {
    await using vendor = await vendors()
    const chosen = await run(["mint", "--provider", "speechmatics", "--json"], { env: { ...vendor.env, ...soniox } })
    assert.strictEqual(JSON.parse(chosen.out).provider, "speechmatics")
    vendor.soniox.faults.add(mintRoute, { status: 503 }, 3)
    const next = await run(["mint", "--provider", "soniox,speechmatics", "--json"], { env: vendor.env })
    assert.strictEqual(JSON.parse(next.out).provider, "speechmatics")
  })

  it("continues without an unsupported guarantee only with --relax, and lists it", async () => {
    await using vendor = await vendors()
    const args = ["mint", "--provider", "speechmatics", "--single-use"]
    const refused = await run(args, { env: vendor.env })
    assert.deepStrictEqual([refused.code, refused.out], [4, ""])
    assert.include(refused.err, "--relax")
    const { code, out } = await run([...args, "--relax"], { env: vendor.env })
    assert.strictEqual(code, 0)
    assert.match(out, /^not enforced +singleUse$/m)
  })

  it("reads variables from a file, below the environment", async () => {
    await using vendor = await vendors()
    const folder = mkdtempSync(join(tmpdir(), "tempcred-"))
    const lines = Object.entries({ ...vendor.env, TEMPCRED_PROVIDER: "speechmatics" }).map(
      ([name, value]) => `${name}="${value}"`
    )
    writeFileSync(join(folder, "some.env"), `# both vendors\n${lines.join("\n")}\n`)
    writeFileSync(
      join(folder, "some.json"),
      JSON.stringify({ ...vendor.env, TEMPCRED_PROVIDER: "speechmatics", TEMPCRED_RETRIES: 1 })
    )
    writeFileSync(join(folder, "bad.json"), '{ "SONIOX_API_KEY": ["secret-in-a-list"] }')
    for (const file of ["some.env", "some.json"]) {
      const args = ["mint", "--json", "--config", join(folder, file)]
      assert.strictEqual(JSON.parse((await run(args)).out).provider, "speechmatics")
      assert.strictEqual(JSON.parse((await run(args, { env: soniox })).out).provider, "soniox")
    }
    for (const file of ["bad.json", "missing.env"]) {
      const { code, err, out } = await run(["mint", "--config", join(folder, file)])
      assert.deepStrictEqual([code, out], [3, ""])
      assert.match(err, /(is not a JSON object|cannot be read \(ENOENT\))/)
      assert.notInclude(err, "secret-in-a-list")
    }
    rmSync(folder, { recursive: true })
  })

  it("reads the vendor's key from a file", async () => {
    await using vendor = await vendors()
    const folder = mkdtempSync(join(tmpdir(), "tempcred-"))
    const { SONIOX_API_KEY: key, ...env } = { SONIOX_API_KEY: "", ...vendor.env }
    writeFileSync(join(folder, "key"), `${key}\n`)
    const { code } = await run(["mint"], { env: { ...env, ...soniox, SONIOX_API_KEY_FILE: join(folder, "key") } })
    assert.strictEqual(code, 0)
    rmSync(folder, { recursive: true })
  })
})

describe("mint --emulator", () => {
  it.each([
    ["the sources", { program: source }],
    ["the bundle", {}]
  ])("needs no key, from %s", async (_, options) => {
    const { code, err, out } = await start(["mint", "--emulator", "--json"], options).ended
    assert.deepStrictEqual([code, err], [0, ""])
    assert.strictEqual(JSON.parse(out).provider, "soniox")
  })

  it("ignores the environment", async () => {
    const env = { TEMPCRED_PROVIDER: "nobody", SONIOX_API_KEY_FILE: "nowhere", SONIOX_REGION: "eu" }
    const { code, out } = await run(["mint", "--emulator", "--provider", "speechmatics", "--json"], { env })
    assert.strictEqual(code, 0)
    assert.strictEqual(JSON.parse(out).provider, "speechmatics")
  })

  it("runs until the credential expires with --connection, and exits with 0", async () => {
    const running = start(["mint", "--emulator", "--connection", "--json", "--ttl", "1 second"])
    const { connections } = JSON.parse((await running.said(/^\{.*\}$/m))[0])
    const origin = connections[0].url.replace(/^ws(:\/\/[^/]*).*$/, "http$1")
    assert.strictEqual((await fetch(`${origin}/nowhere`)).status, 404)
    const { code, err } = await running.ended
    assert.strictEqual(code, 0)
    assert.match(err, /^The emulator runs until the credential expires, in (\d+m )?\d+s\. Press Ctrl-C to stop it\.\n$/)
  })
})
