import { mintRoute } from "@tempcred/emulator/Soniox"
import { assert, describe, it } from "vitest"
import manifest from "../../package.json" with { type: "json" }
import { run, start, vendors } from "./program.ts"

const commands = ["mint", "providers", "doctor", "serve", "emulate", "keys", "keys list", "keys create", "keys revoke"]

describe("help", () => {
  it.each(["", ...commands])("tempcred %s --help prints to stdout", async (command) => {
    const { code, err, out } = await run([...command.split(" ").filter((word) => word !== ""), "--help"])
    assert.deepStrictEqual([code, err], [0, ""])
    assert.match(out, /^DESCRIPTION\n/)
  })

  it("lists the exit codes and all commands", async () => {
    const { code, out } = await start(["--help"]).ended
    assert.strictEqual(code, 0)
    for (const exit of [0, 1, 2, 3, 4, 5, 130]) assert.match(out, new RegExp(`^ +${exit} +[a-z]`, "m"))
    for (const command of commands) assert.include(out, command.replace(/ .*/, ""))
  })

  it("goes to stderr if it was not requested", async () => {
    for (const args of [[], ["keys"]]) {
      const { code, err, out } = await run(args)
      assert.deepStrictEqual([code, out], [2, ""])
      assert.include(err, "SUBCOMMANDS")
    }
  })

  it("lists the variables that `serve` requires, and names the document with all of them", async () => {
    const { out } = await run(["serve", "--help"])
    const names = [
      "TEMPCRED_PROVIDER",
      "TEMPCRED_AUTH_JWKS_URL",
      "TEMPCRED_AUTH_JWT_SECRET",
      "TEMPCRED_AUTH_BEARER_TOKENS"
    ]
    for (const text of [...names, "TEMPCRED_AUTH_AUDIENCE", "packages/server/README.md"]) assert.include(out, text)
    assert.match((await run(["--help"])).out, /^ +serve +Run the token endpoint$/m)
  })

  it("prints the version", async () => {
    assert.deepStrictEqual(await run(["--version"]), { code: 0, out: `${manifest.version}\n`, err: "" })
  })
})

describe("an invalid command line", () => {
  it.each<[ReadonlyArray<string>, RegExp]>([
    [["mnit"], /unknown command; did you mean mint\?/],
    [["mint", "--porpose", "x"], /unknown flag --porpose; did you mean --purpose\?/],
    [["mint", "--purpose", "stt"], /--purpose must be stt\.realtime, stt\.batch, /],
    [["mint", "--ttl", "60"], /--ttl must be a duration with its unit, such as "60 seconds"/],
    [["mint", "--usable-for", "long"], /--usable-for must be a duration/],
    [
      ["mint", "--max-session", "long", "--subject", ""],
      /--subject must be non-empty text in well-formed Unicode; --max-session must be/
    ],
    [["emulate", "--port", "http"], /--port must be a whole number/],
    [["emulate", "--port", "65536"], /--port must be a whole number from 0 to 65535/],
    [["emulate", "acme"], /the command names an unknown provider; known are assemblyai, /],
    [["keys", "create"], /--name is required/],
    [["keys", "revoke"], /<id> is required/]
  ])("%j exits with 2 and prints two lines to stderr", async (args, sentence) => {
    const { code, err, out } = await run(args)
    assert.deepStrictEqual([code, out], [2, ""])
    assert.match(err, sentence)
    assert.match(err, /^tempcred: .*\n.*\n$/)
  })

  it.each([
    [["mint", "secret-in-the-wrong-place"]],
    [["mint", "--purpose", "secret-in-the-wrong-place"]],
    [["mint", "--api-key=secret-in-the-wrong-place"]],
    [["mint", "--api-key", "secret-in-the-wrong-place"]],
    [["mint", "--provider", "secret-in-the-wrong-place"]],
    [["mint", "--region", "us", "--ttl", "secret-in-the-wrong-place"]],
    [["emulate", "secret-in-the-wrong-place"]],
    [["emulate", "--port", "secret-in-the-wrong-place"]],
    [["secret-in-the-wrong-place"]]
  ])("%j does not repeat a value, which may be a secret", async (args) => {
    const { code, err, out } = await run(args)
    assert.include([2, 3], code)
    assert.notInclude(out + err, "secret-in")
  })
})

describe("exit codes", () => {
  it("are the exit codes of the process", async () => {
    await using vendor = await vendors()
    vendor.soniox.faults.add(mintRoute, { status: 503 }, 9)
    const env = { ...vendor.env, TEMPCRED_RETRIES: "0" }
    for (const [args, code] of [
      [["mnit"], 2],
      [["mint"], 3],
      [["mint", "--provider", "speechmatics", "--purpose", "agent"], 4],
      [["mint", "--provider", "soniox"], 5]
    ] as const) {
      const ended = await start(args, { env }).ended
      assert.deepStrictEqual([ended.code, ended.out], [code, ""])
      assert.match(ended.err, /^tempcred: .*\n.*\n$/)
    }
  })

  it.each<[code: number, status: number]>([
    [4, 400],
    [4, 401],
    [4, 403],
    [4, 402],
    [5, 429],
    [5, 503]
  ])("are %i if the vendor responds with %i", async (code, status) => {
    await using vendor = await vendors()
    vendor.soniox.faults.add(mintRoute, { status }, 9)
    const env = { ...vendor.env, TEMPCRED_PROVIDER: "soniox", TEMPCRED_RETRIES: "0" }
    const ended = await run(["mint"], { env })
    assert.deepStrictEqual([ended.code, ended.out], [code, ""])
    assert.match(ended.err, /^tempcred: soniox: .*\n.*\n$/)
  })

  it("are 5 for no response and for an unreadable one", async () => {
    await using vendor = await vendors()
    vendor.soniox.faults.add(mintRoute, { html: true })
    const env = { ...vendor.env, TEMPCRED_PROVIDER: "soniox", TEMPCRED_RETRIES: "0" }
    assert.strictEqual((await run(["mint"], { env })).code, 5)
    vendor.soniox.faults.add(mintRoute, { reset: true })
    assert.strictEqual((await run(["mint"], { env })).code, 5)
  })

  it("are 3 for a missing variable, which the message names", async () => {
    for (const [env, name] of [
      [{}, "TEMPCRED_PROVIDER"],
      [{ TEMPCRED_PROVIDER: "soniox" }, "SONIOX_API_KEY"],
      [{ TEMPCRED_PROVIDER: "soniox", SONIOX_API_KEY: "k", TEMPCRED_TTL: "60" }, "TEMPCRED_TTL"]
    ] as const) {
      const { code, err, out } = await run(["mint"], { env })
      assert.deepStrictEqual([code, out], [3, ""])
      assert.match(err, new RegExp(`^tempcred: ${name} .*\\n.*\\n$`))
    }
  })

  it("are 130 after Ctrl-C", async () => {
    await using vendor = await vendors()
    vendor.soniox.faults.add(mintRoute, { hang: true })
    const running = start(["mint"], { env: { ...vendor.env, TEMPCRED_PROVIDER: "soniox" } })
    while (vendor.soniox.log.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    running.child.kill("SIGINT")
    assert.deepStrictEqual(await running.ended, { code: 130, out: "", err: "" })
  })
})

it("a command continues without an error if its output is closed", async () => {
  const running = start(["emulate", "--port", "0"])
  running.child.stdout.destroy()
  await running.said(/Ready/)
  running.child.kill("SIGTERM")
  const { code, err } = await running.ended
  assert.deepStrictEqual([code, err], [0, "Ready. Press Ctrl-C to stop.\n"])
})
