import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { run, vendors } from "./program.ts"

const listed = async (
  env: Readonly<Record<string, string>>
): Promise<ReadonlyArray<{ readonly id: string; readonly name: string }>> =>
  JSON.parse((await run(["keys", "list", "--json"], { env })).out)

describe("keys", () => {
  it("creates a key, lists it without its secret, and revokes it", async () => {
    await using vendor = await vendors()
    const { env } = vendor
    const created = await run(
      ["keys", "create", "--name", "backend 2027", "--client-ref", "ours", "--show-key", "--json"],
      { env }
    )
    const { id, key } = JSON.parse(created.out)
    const { code, err, out } = await run(["keys", "list"], { env })
    assert.deepStrictEqual([code, err], [0, ""])
    assert.match(out, new RegExp(`^${id} +backend 2027 +\\S+Z +ours$`, "m"))
    assert.notInclude(out, key)
    const revoked = await run(["keys", "revoke", id, "--yes"], { env })
    assert.deepStrictEqual(revoked, { code: 0, out: `revoked ${id}\n`, err: "" })
    assert.notInclude(JSON.stringify(await listed(env)), id)
  })

  it("creates no key without a place for it", async () => {
    await using vendor = await vendors()
    const { code, err, out } = await run(["keys", "create", "--name", "lost"], { env: vendor.env })
    assert.deepStrictEqual([code, out], [2, ""])
    assert.match(err, /nothing was created\nAdd --key-file <file> to store it, or --show-key to print it\.\n$/)
    assert.deepStrictEqual(vendor.speechmatics.log, [])
  })

  it("stores a new key in a new file that only its owner can read", async () => {
    await using vendor = await vendors()
    const folder = mkdtempSync(join(tmpdir(), "tempcred-"))
    const file = join(folder, "key")
    const args = ["keys", "create", "--name", "kept", "--key-file", file]
    const { code, out } = await run(args, { env: vendor.env })
    const key = readFileSync(file, "utf8").trimEnd()
    assert.strictEqual(code, 0)
    assert.notInclude(out, key)
    assert.strictEqual(statSync(file).mode & 0o777, 0o600)
    const env = { ...vendor.env, SPEECHMATICS_API_KEY: "", SPEECHMATICS_API_KEY_FILE: file }
    assert.strictEqual((await run(["mint", "--provider", "speechmatics"], { env })).code, 0)

    const calls = vendor.speechmatics.log.length
    const again = await run(args, { env: vendor.env })
    assert.deepStrictEqual([again.code, vendor.speechmatics.log.length], [2, calls])
    assert.strictEqual(readFileSync(file, "utf8").trimEnd(), key)
    rmSync(folder, { recursive: true })
  })

  it("removes the file if no key was created", async () => {
    await using vendor = await vendors()
    const folder = mkdtempSync(join(tmpdir(), "tempcred-"))
    const file = join(folder, "key")
    const env = { ...vendor.env, SPEECHMATICS_MANAGEMENT_TOKEN: "an-api-key-instead" }
    const { code, err } = await run(["keys", "create", "--name", "refused", "--key-file", file], { env })
    assert.strictEqual(code, 4)
    assert.include(err, "management token")
    assert.throws(() => statSync(file), /ENOENT/)
    rmSync(folder, { recursive: true })
  })

  it("revokes nothing without --yes and without a terminal", async () => {
    await using vendor = await vendors()
    const [key] = await listed(vendor.env)
    const calls = vendor.speechmatics.log.length
    for (const terminals of [[], ["stdin"], ["stderr"]] as const) {
      const options = { env: vendor.env, input: "y\n", terminals }
      const { code, err, out } = await run(["keys", "revoke", String(key?.id)], options)
      assert.deepStrictEqual([code, out, vendor.speechmatics.log.length], [2, "", calls])
      assert.match(err, /nothing was done\nAdd --yes\.\n$/)
    }
  })

  it("revokes only after the answer y or yes", async () => {
    await using vendor = await vendors()
    const [key] = await listed(vendor.env)
    for (const input of ["n\n", "\n", "", "yes please\n", "Yes\n"]) {
      const { code, err } = await run(["keys", "revoke", String(key?.id)], {
        env: vendor.env,
        input,
        terminals: ["stdin", "stderr"]
      })
      assert.include(err, "[y/N]")
      assert.strictEqual(code, input === "Yes\n" ? 0 : 2, input)
    }
    assert.deepStrictEqual(await listed(vendor.env), [])
  })

  it("names a missing variable, and gives advice for an unknown key", async () => {
    await using vendor = await vendors()
    const missing = await run(["keys", "list"])
    assert.deepStrictEqual([missing.code, missing.out], [3, ""])
    assert.match(missing.err, /^tempcred: SPEECHMATICS_MANAGEMENT_TOKEN is not set\n/)
    const unknown = await run(["keys", "revoke", "nobody", "--yes"], { env: vendor.env })
    assert.deepStrictEqual([unknown.code, unknown.out], [4, ""])
    assert.include(unknown.err, "tempcred keys list")
  })
})
