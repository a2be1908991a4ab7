/** The scripts of this workspace run on its pinned Node. */
import { assert, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"

it("runs on the pinned Node, and so do the programs that it starts", () => {
  assert.match(process.version, /^v24\./)
  assert.match(execFileSync("node", ["-v"], { encoding: "utf8" }), /^v24\./)
})
