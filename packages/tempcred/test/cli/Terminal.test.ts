import { mintRoute } from "@tempcred/emulator/Soniox"
import { spawnSync } from "node:child_process"
import { assert, describe, it } from "vitest"
import { run, start, startAtTerminal, vendors } from "./program.ts"

const hasTerminals = /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout)

const escape = "\u001B["

describe.skipIf(!hasTerminals)("at a terminal", () => {
  it("results and errors are coloured, but not with NO_COLOR", async () => {
    const bold = await startAtTerminal(["providers"]).ended
    assert.include(bold.out, `${escape}1mvendor`)
    assert.include((await startAtTerminal(["mint"]).ended).out, `${escape}31mtempcred:`)
    assert.include((await startAtTerminal(["--help"]).ended).out, escape)
    for (const args of [["providers"], ["mint"]]) {
      const { out } = await startAtTerminal(args, { NO_COLOR: "1" }).ended
      assert.notInclude(out, escape)
      assert.notStrictEqual(out, "")
    }
  })

  it("slow work shows a spinner, which is cleared at the end", async () => {
    await using vendor = await vendors()
    const env = { ...vendor.env, TEMPCRED_PROVIDER: "soniox" }
    vendor.soniox.faults.add(mintRoute, { delay: 900 })
    const slow = await startAtTerminal(["mint"], env).ended
    assert.include(slow.out, "minting …")
    assert.match(slow.out.slice(slow.out.lastIndexOf(`\r${escape}K`)), /^[^]{2}\[K[^…]*provider/)
  })

  it("a key is revoked after confirmation", async () => {
    await using vendor = await vendors()
    const [key] = JSON.parse((await run(["keys", "list", "--json"], { env: vendor.env })).out)
    for (const [answer, code] of [
      ["\u0004", 2],
      ["y\n", 0]
    ] as const) {
      const running = startAtTerminal(["keys", "revoke", key.id], vendor.env)
      await running.said(/\[y\/N\]/)
      running.child.stdin.write(answer)
      assert.strictEqual((await running.ended).code, code, JSON.stringify(answer))
    }
    assert.deepStrictEqual(JSON.parse((await run(["keys", "list", "--json"], { env: vendor.env })).out), [])
  })

  it("Ctrl-C at a question interrupts, and revokes nothing", async () => {
    await using vendor = await vendors()
    const running = startAtTerminal(["keys", "revoke", "some-key"], vendor.env)
    await running.said(/\[y\/N\]/)
    running.child.stdin.write("\u0003")
    assert.strictEqual((await running.ended).code, 130)
    assert.deepStrictEqual(vendor.speechmatics.log, [])
  })
})

it("piped output has no colours", async () => {
  for (const args of [["providers"], ["mint"], ["--help"], ["mint", "--emulator"]]) {
    const { err, out } = await run(args)
    assert.notInclude(out + err, escape)
  }
  assert.notInclude((await start(["providers"]).ended).out, escape)
})
