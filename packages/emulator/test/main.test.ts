import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import * as Emulator from "../src/Emulator.ts"
import * as modules from "../src/index.ts"
import * as Node from "../src/Node.ts"

const run = (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL("../src/main.ts", import.meta.url)), ...args])
  const output = { out: "", err: "" }
  child.stdout.on("data", (data) => (output.out += String(data)))
  child.stderr.on("data", (data) => (output.err += String(data)))
  const exited = once(child, "close").then(([code]) => ({ ...output, code }))
  return { child, output, exited }
}

const emulator = Emulator.make({
  vendor: "nobody",
  apiKey: "",
  region: "",
  hosts: {},
  env: () => ({}),
  routes: {},
  sockets: {},
  unknown: () => new Response(),
  minting: [],
  tooMany: () => new Response()
})

const vendors = Object.values(modules).flatMap((module) => ("mintRoute" in module ? [module.make().vendor] : []))

/** A port that is free, as are those after it, and that no client is given by the system. */
const freePort = async (): Promise<number> => {
  const port = 10_000 + Math.floor(Math.random() * 20_000)
  try {
    for (const index of vendors.keys()) await (await Node.serve(emulator, { port: port + index })).close()
    return port
  } catch {
    return freePort()
  }
}

describe.concurrent("main", () => {
  it("prints a line of JSON for each vendor, serves until SIGTERM, and exits with 0", async () => {
    const base = await freePort()
    const { child, output, exited } = run("--port-base", String(base))
    while (output.out.split("\n").length <= vendors.length) await once(child.stdout, "data")
    const lines = output.out.trim().split("\n")
    const served = lines.map((line) => JSON.parse(line))
    const [soniox] = served
    assert.strictEqual(soniox.vendor, "soniox")
    assert.hasAllKeys(soniox, ["vendor", "origin", "apiKey", "env"])
    assert.sameMembers(
      served.map(({ vendor }) => vendor),
      vendors
    )
    assert.deepStrictEqual(
      served.map(({ origin }) => origin),
      vendors.map((_, index) => `http://127.0.0.1:${base + index}`)
    )
    const response = await fetch(`${soniox.env.SONIOX_API_BASE_URL}/v1/concurrency-limits`, {
      headers: { authorization: `Bearer ${soniox.apiKey}` }
    })
    assert.strictEqual(response.status, 200)
    child.kill("SIGTERM")
    assert.deepInclude(await exited, { code: 0, err: "" })
  })

  it("reports a port in use in one line", async () => {
    await using server = await Node.serve(emulator)
    const { out, err, code } = await run("--port-base", String(server.port)).exited
    assert.deepStrictEqual([out, code], ["", 1])
    assert.match(err, /^port \d+ is in use: stop what listens there, or choose others with --port-base\n$/)
  })

  it.each([["0"], ["65535"], ["80.5"], ["here"], [""]])("refuses %j as a port", async (port) => {
    const { out, err, code } = await run(`--port-base=${port}`).exited
    assert.deepStrictEqual(
      [out, err, code],
      ["", `--port-base must be a whole number from 1 to ${65_536 - vendors.length}, not "${port}"\n`, 2]
    )
  })

  it("refuses unknown options, and prints help", async () => {
    const unknown = await run("--port").exited
    assert.strictEqual(unknown.code, 2)
    assert.lengthOf(unknown.err.trim().split("\n"), 1)
    const help = await run("--help").exited
    assert.strictEqual(help.code, 0)
    assert.match(help.out, /^Usage: /)
  })
})
