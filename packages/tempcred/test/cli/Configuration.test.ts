import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it, onTestFinished } from "vitest"
import { run, start, vendors } from "./program.ts"

/** Makes a file that exists until the end of the test. */
const file = (name: string, content: string | Buffer): string => {
  const folder = mkdtempSync(join(tmpdir(), "tempcred-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const authentication = { TEMPCRED_AUTH_BEARER_TOKENS: "kiosk=kiosk-7-secret-token" }

describe("a secret in a file", () => {
  it("is read by the bundle: the vendor's key and the endpoint's bearer tokens", async () => {
    await using vendor = await vendors()
    const { SONIOX_API_KEY = "", ...env } = vendor.env
    const token = "kiosk-7-secret-token"
    const running = start(["serve", "--port", "0"], {
      env: {
        ...env,
        TEMPCRED_PROVIDER: "soniox",
        SONIOX_API_KEY_FILE: file("key", `\uFEFF${SONIOX_API_KEY}\r\n`),
        TEMPCRED_AUTH_BEARER_TOKENS_FILE: file("tokens", `kiosk=${token}\n`)
      }
    })
    const [, origin = ""] = await running.said(/^Listening on (\S+)\./m)
    const answer = await fetch(`${origin}/v1/credentials`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: '{"purpose":"stt.realtime"}'
    })
    assert.strictEqual(answer.status, 201)
    running.child.kill("SIGTERM")
    assert.strictEqual((await running.ended).code, 0)
  })
  it("can be the management token", async () => {
    await using vendor = await vendors()
    const { SPEECHMATICS_MANAGEMENT_TOKEN = "", ...env } = vendor.env
    const path = file("token", `${SPEECHMATICS_MANAGEMENT_TOKEN}\n`)
    const listed = await run(["keys", "list"], { env: { ...env, SPEECHMATICS_MANAGEMENT_TOKEN_FILE: path } })
    assert.strictEqual(listed.code, 0)
  })
})

describe("a misspelt variable", () => {
  it("is named once, with a suggestion, by mint, keys, doctor and serve", async () => {
    const env = { ...authentication, SONIOX_API_KEY: "key", TEMPCRED_RETRYS: "3", TEMPCRED_PROVIDER: "soniox" }
    for (const args of [["mint"], ["keys", "list"], ["doctor"], ["serve", "--port", "0"]]) {
      const { code, err } = await run(args, { env })
      assert.strictEqual(code, 3)
      assert.strictEqual(
        err.split("TEMPCRED_RETRYS is not a variable of tempcred: did you mean TEMPCRED_RETRIES?").length,
        2
      )
    }
  })
})

describe("the names of vendors", () => {
  it("are accepted in any letter case and with a trailing comma", async () => {
    for (const names of ["Soniox", "soniox, speechmatics,"]) {
      assert.strictEqual((await run(["mint", "--emulator", "--provider", names])).code, 0)
    }
  })
  it("are suggested for an unknown name", async () => {
    for (const args of [
      ["mint", "--emulator", "--provider", "sonix"],
      ["emulate", "sonix"]
    ]) {
      const { code, err } = await run(args)
      assert.strictEqual(code, 2)
      assert.match(err, /the command names an unknown provider: did you mean soniox\? known are assemblyai, /)
    }
    const { code, err } = await run(["mint", "--provider", "sonix"])
    assert.strictEqual(code, 3)
    assert.match(err, /^tempcred: TEMPCRED_PROVIDER names an unknown provider: did you mean soniox\? known are /)
  })
})

it("an environment without read permission is an error with advice", async () => {
  const denied = () => {
    throw new Error("NotCapable")
  }
  const env = new Proxy({}, { ownKeys: denied, get: denied })
  const { code, err } = await run(["mint"], { env })
  assert.deepStrictEqual([code, err.split("\n")[1]], [3, "On Deno, allow it with --allow-env."])
})

describe("the port of serve", () => {
  /** Returns the variable that decides, by setting it out of range. */
  const named = async (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) => {
    const { err } = await run(["serve", "--emulator", ...args], { env: { ...authentication, ...env } })
    return /^tempcred: (\w+) must be a whole number, 0 to 65535\n/.exec(err)?.[1]
  }
  it("comes from the flag, then TEMPCRED_PORT, then PORT", async () => {
    assert.strictEqual(await named([], { PORT: "65536" }), "PORT")
    assert.strictEqual(await named([], { PORT: "8080", TEMPCRED_PORT: "65536" }), "TEMPCRED_PORT")
    const env = { ...authentication, PORT: "1", TEMPCRED_PORT: "tcp://10.0.0.1:8787" }
    const running = start(["serve", "--emulator", "--port", "0"], { env })
    await running.said(/^Listening on \S+:\d{2,}\./m)
    running.child.kill("SIGTERM")
    assert.strictEqual((await running.ended).code, 0)
  })
  it("that the platform sets is reported by doctor", async () => {
    const env = { ...authentication, PORT: "8080", TEMPCRED_PROVIDER: "soniox" }
    assert.match((await run(["doctor"], { env })).out, /will listen on 127\.0\.0\.1:8080/)
  })
})

describe("a configuration file", () => {
  it("can start with a byte order mark", async () => {
    await using vendor = await vendors()
    const { SONIOX_API_KEY = "", ...env } = vendor.env
    const variables = { SONIOX_API_KEY, TEMPCRED_PROVIDER: "soniox" }
    const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\r\n`)
    for (const path of [
      file("variables.env", `\uFEFF${lines.join("")}`),
      file("variables.json", `\uFEFF${JSON.stringify(variables)}`)
    ]) {
      assert.strictEqual((await run(["mint", "--config", path], { env })).code, 0)
    }
  })
  it("must be encoded in UTF-8", async () => {
    const path = file("variables.env", Buffer.from("\uFEFFTEMPCRED_PROVIDER=soniox\r\n", "utf16le"))
    const { code, err } = await run(["mint", "--config", path])
    assert.strictEqual(code, 3)
    assert.match(err, /variables\.env is not encoded in UTF-8\n/)
  })
  it("is used for variables that are empty in the environment", async () => {
    const path = file("variables.env", "TEMPCRED_PROVIDER=sonix\n")
    const { err } = await run(["mint", "--config", path], { env: { TEMPCRED_PROVIDER: " " } })
    assert.match(err, /did you mean soniox/)
  })
})
