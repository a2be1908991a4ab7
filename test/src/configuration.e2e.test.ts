/** Configuration by the environment and by files, on the runtimes that have them. */
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { bun, deno } from "./support/runtimes.ts"

const folder = mkdtempSync(join(tmpdir(), "tempcred-configured-"))

const program = join(folder, "configured.mjs")

const key = join(folder, "key")

beforeAll(async () => {
  writeFileSync(key, "\uFEFFa-key\r\n")
  await build({
    entryPoints: [join(import.meta.dirname, "support/configured-worker.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "es2024"
  })
})

afterAll(() => rmSync(folder, { recursive: true }))

const run = (path: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): string => {
  const base = { PATH: process.env["PATH"], HOME: folder, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" }
  const { stderr, stdout } = spawnSync(path, [...args, program], {
    encoding: "utf8",
    env: { ...base, ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  return stdout || stderr
}

const granted = ["run", "--no-prompt", "--allow-env", "--allow-read"]

describe.each([
  { runtime: "Node", path: process.execPath, args: [] },
  { runtime: "Bun", path: bun, args: [] },
  { runtime: "Deno", path: deno, args: granted }
])("on $runtime, with nothing provided", ({ args, path = "" }) => {
  it.skipIf(path === "")("a key is read from the file that its variable names", () => {
    assert.strictEqual(run(path, args, { SONIOX_API_KEY_FILE: key }), "ready")
    assert.strictEqual(
      run(path, args, { SONIOX_API_KEY_FILE: join(folder, "none") }),
      "ConfigurationError: SONIOX_API_KEY_FILE names a file that cannot be read (ENOENT)"
    )
  })
})

describe.skipIf(deno === undefined)("on Deno without a permission", () => {
  it("the error names the flag that gives it", () => {
    const without = (flag: string) => granted.filter((one) => one !== flag)
    assert.strictEqual(
      run(deno ?? "", without("--allow-env"), { SONIOX_API_KEY: "key" }),
      "ConfigurationError: the environment cannot be read: on Deno, allow it with --allow-env"
    )
    assert.strictEqual(
      run(deno ?? "", without("--allow-read"), { SONIOX_API_KEY_FILE: key }),
      "ConfigurationError: SONIOX_API_KEY_FILE names a file that cannot be read (on Deno, allow it with --allow-read)"
    )
  })
})
