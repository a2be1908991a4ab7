/** The published `@tempcred/node`, bundled into one file and run where nothing else is installed. */
import { assert, it } from "@effect/vitest"
import { build } from "esbuild"
import { execFile } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { root } from "./support/workspace.ts"

const run = promisify(execFile)
const folder = join(root, "packages/node")

const program = (url: string) => `
  import { Transport } from "@tempcred/core/Transport"
  import * as NodeTransport from "@tempcred/node/NodeTransport"
  import * as Effect from "effect/Effect"
  import * as Redacted from "effect/Redacted"

  const sending = Transport.use(({ send }) => send({ method: "POST", url: new URL("${url}"), key: Redacted.make("the-key") }))
  Effect.runPromise(Effect.provide(sending, NodeTransport.layer)).then(({ text }) => process.stdout.write(text))
`

it.for([
  ["esm", "mjs"],
  ["cjs", "cjs"]
] as const)("runs as one file, in the format %s", { timeout: 60_000 }, async ([format, ending]) => {
  const outside = mkdtempSync(join(tmpdir(), "tempcred-bundle-"))
  const server = createServer((_, response) => response.end("answered"))
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  try {
    const published = join(outside, "published")
    await run(process.execPath, [join(folder, "node_modules/tsup/dist/cli-default.js"), "-d", published], {
      cwd: folder
    })
    const outfile = join(outside, `program.${ending}`)
    await build({
      stdin: {
        contents: program(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/v1`),
        resolveDir: folder
      },
      alias: { "@tempcred/node": published },
      nodePaths: [join(folder, "node_modules")],
      bundle: true,
      platform: "node",
      format,
      outfile,
      logLevel: "silent"
    })
    const { stdout } = await run(process.execPath, [outfile], { cwd: outside })
    assert.strictEqual(stdout, "answered")
  } finally {
    server.closeAllConnections()
    server.close()
    rmSync(outside, { recursive: true })
  }
})
