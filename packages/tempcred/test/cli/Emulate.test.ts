import * as Node from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import { spawnSync } from "node:child_process"
import { assert, describe, it } from "vitest"
import { run, start } from "./program.ts"

describe("emulate", () => {
  it("prints variables for a shell, runs the emulators, and exits with 0 after SIGTERM", async () => {
    const running = start(["emulate", "--port", "0"])
    await running.said(/^Ready\./m)
    const [text] = await running.said(/[^]+/)
    const { stdout } = spawnSync("sh", ["-c", `${text}\nenv`], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "" }
    })
    const env = Object.fromEntries(Array.from(stdout.matchAll(/^(\w+)=(.*)$/gm), ([, name, value]) => [name, value]))
    assert.containsAllKeys(env, ["SONIOX_API_KEY", "SPEECHMATICS_API_KEY", "SPEECHMATICS_MANAGEMENT_TOKEN"])
    for (const provider of ["soniox", "speechmatics"]) {
      assert.strictEqual((await run(["mint", "--provider", provider], { env })).code, 0)
    }
    assert.strictEqual((await run(["keys", "list"], { env })).code, 0)
    running.child.kill("SIGTERM")
    assert.strictEqual((await running.ended).code, 0)
  })

  it("prints one line of JSON for each named vendor, and exits with 130 after Ctrl-C", async () => {
    const running = start(["emulate", "--json", "--port", "0", "speechmatics"])
    await running.said(/Ready/)
    running.child.kill("SIGINT")
    const { code, out } = await running.ended
    assert.strictEqual(code, 130)
    const line = JSON.parse(out)
    assert.hasAllKeys(line, ["vendor", "origin", "apiKey", "env"])
    assert.strictEqual(line.vendor, "speechmatics")
  })

  it("names the port that is in use", async () => {
    await using taken = await Node.serve(Soniox.make())
    const { code, err, out } = await run(["emulate", "soniox", "--port", String(taken.port)])
    assert.deepStrictEqual(
      [code, out, err],
      [
        3,
        "",
        `tempcred: port ${taken.port} is in use\nChoose another port with --port, or stop the program that uses it.\n`
      ]
    )
  })
})
