/** Configuration by the environment and by files, on the runtimes that have them. */
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { bun, deno } from "./support/runtimes.ts"

const folder = mkdtempSync(join(tmpdir(), "tempcred-configured-"))

const key = join(folder, "key")

/** Bundles the program as for one runtime, which chooses the transport. */
const bundle = (runtime: string) =>
  build({
    entryPoints: [join(import.meta.dirname, "support/configured-worker.ts")],
    outfile: programOf(runtime),
    bundle: true,
    platform: "node",
    conditions: [runtime],
    format: "esm",
    // The pool's package is CommonJS.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    target: "es2024"
  })

const programOf = (runtime: string): string => join(folder, `${runtime}.mjs`)

beforeAll(async () => {
  writeFileSync(key, "\uFEFFa-key\r\n")
  await Promise.all(["node", "bun", "deno"].map(bundle))
})

afterAll(() => rmSync(folder, { recursive: true }))

interface Runtime {
  readonly runtime: string
  readonly path: string | undefined
  readonly args: ReadonlyArray<string>
}

const run = ({ args, path = "", runtime }: Runtime, env: Readonly<Record<string, string>>): string => {
  const base = { PATH: process.env["PATH"], HOME: folder, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" }
  const { stderr, stdout } = spawnSync(path, [...args, programOf(runtime)], {
    encoding: "utf8",
    env: { ...base, ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  return stdout || stderr
}

const granted = ["run", "--no-prompt", "--allow-env", "--allow-read"]

const onDeno: Runtime = { runtime: "deno", path: deno, args: granted }

describe.each<Runtime>([
  { runtime: "node", path: process.execPath, args: [] },
  { runtime: "bun", path: bun, args: [] },
  onDeno
])("on $runtime, with nothing provided", (runtime) => {
  it.skipIf(runtime.path === undefined)("a key is read from the file that its variable names", () => {
    assert.strictEqual(run(runtime, { SONIOX_API_KEY_FILE: key }), "ready")
    assert.strictEqual(
      run(runtime, { SONIOX_API_KEY_FILE: join(folder, "none") }),
      "ConfigurationError: SONIOX_API_KEY_FILE names a file that cannot be read (ENOENT)"
    )
  })
})

describe.skipIf(deno === undefined)("on Deno without a permission", () => {
  it("the error names the flag that gives it", () => {
    const without = (flag: string) => ({ ...onDeno, args: granted.filter((one) => one !== flag) })
    assert.strictEqual(
      run(without("--allow-env"), { SONIOX_API_KEY: "key" }),
      "ConfigurationError: the environment cannot be read: on Deno, allow it with --allow-env"
    )
    assert.strictEqual(
      run(without("--allow-read"), { SONIOX_API_KEY_FILE: key }),
      "ConfigurationError: SONIOX_API_KEY_FILE names a file that cannot be read (on Deno, allow it with --allow-read)"
    )
  })
})
