/** What is left open, in a process of its own. */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, it } from "vitest"

it("a pool that is left open lets the process end", { timeout: 40_000 }, () => {
  const program = fileURLToPath(new URL("./openPool.ts", import.meta.url))
  // A pool keeps its stock for a minute; where that kept the process alive, it would be killed here.
  const { status, stderr, stdout } = spawnSync(process.execPath, [program], { encoding: "utf8", timeout: 30_000 })
  assert.deepStrictEqual([status, stdout], [0, "done\n"], stderr)
})
