/** The programs of the guides that run on Node, and the client in Python. Those of other runtimes are in `guides.e2e.test.ts`. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, it } from "vitest"
import { tryOut } from "./support/guide-requests.ts"
import { onNode, written } from "./support/guides.ts"
import { find } from "./support/programs.ts"
import { node, start } from "./support/runtimes.ts"
import { root } from "./support/workspace.ts"

it.each(onNode)("the program $file of $page serves credentials to authenticated users only", tryOut)

const python = find(["python3"])
const secret = "0123456789abcdef0123456789abcdef"

const endpoint = {
  ...node,
  folder: "packages/tempcred/src/cli",
  file: "main.ts",
  command: (file: string) => ({ args: [file, "serve", "--emulator", "--port", "0"] })
}

it.skipIf(python === undefined)("the client in Python gets a credential for the user that it signs", async () => {
  const { file, folder } = written({ page: "other-languages", file: "client.py" })
  const program = await start(endpoint, { TEMPCRED_PROVIDER: "soniox", TEMPCRED_AUTH_JWT_SECRET: secret })
  const ask = (SPEECH_TOKEN_SECRET: string) =>
    promisify(execFile)(String(python), [join(root, folder, file)], {
      env: { ...process.env, SPEECH_TOKEN_SECRET, TEMPCRED_URL: program.origin }
    })
  try {
    assert.match((await ask(secret)).stdout, /^soniox user-42 \d{4}-/)
    assert.strictEqual((await ask("f".repeat(32))).stdout, "401 UnauthenticatedError None\n")
  } finally {
    await program.stop()
  }
})
