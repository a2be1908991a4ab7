/** A pool that is not closed, in a separate process. */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, it } from "vitest"

it("a pool that is not closed does not keep the process alive", { timeout: 40_000 }, () => {
  const program = fileURLToPath(new URL("./openPool.ts", import.meta.url))
  // A pool keeps its credentials for a minute. If that kept the process alive, the time-out would end it.
  const { status, stderr, stdout } = spawnSync(process.execPath, [program], { encoding: "utf8", timeout: 30_000 })
  assert.deepStrictEqual([status, stdout], [0, "done\n"], stderr)
})
