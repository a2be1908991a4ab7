/** The published core, bundled into one file: with the pool for Node, without it for other runtimes. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { build, type BuildOptions } from "esbuild"
import { execFile } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type IncomingMessage } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import * as Published from "../bench/Published.ts"

const run = promisify(execFile)

const program = (url: string) => `
  import { Transport } from "@tempcred/core/Transport"
  import * as Effect from "effect/Effect"
  import * as Redacted from "effect/Redacted"

  const sending = Transport.use(({ send }) =>
    send({ method: "POST", url: new URL("${url}"), key: Redacted.make("the-key") })
  )
  Effect.runPromise(Effect.provide(sending, Transport.layer)).then(({ text }) => process.stdout.write(text))
`

const outside = mkdtempSync(join(tmpdir(), "tempcred-bundle-"))
const requests: Array<IncomingMessage> = []
const server = createServer((request, response) => {
  requests.push(request)
  response.end("answered")
})
let contents = ""

beforeAll(async () => {
  Published.install(outside, ["core"])
  Published.link(outside, ["effect"])
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  contents = program(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/v1`)
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(outside, { recursive: true })
})

const bundle = async (options: BuildOptions) => {
  const outfile = join(outside, "program.mjs")
  const stdin = { contents, resolveDir: outside }
  const { metafile } = await build({
    stdin,
    outfile,
    format: "esm",
    bundle: true,
    metafile: true,
    logLevel: "silent",
    ...options
  })
  return Object.keys(metafile?.inputs ?? {}).filter((path) => path.includes("@tempcred/core/dist/node-transport/"))
}

/** Only `fetch` sends this header. */
const isSentByFetch = ({ headers }: IncomingMessage): boolean => headers["sec-fetch-mode"] !== undefined

describe("a bundle of a program with the default transport", () => {
  it.for([
    ["esm", "mjs"],
    ["cjs", "cjs"]
  ] as const)("sends through the pool on Node, in the format %s", { timeout: 60_000 }, async ([format, ending]) => {
    const outfile = join(outside, `program.${ending}`)
    assert.isNotEmpty(await bundle({ platform: "node", format, outfile }))
    const { stdout } = await run(process.execPath, [outfile], { cwd: tmpdir() })
    assert.strictEqual(stdout, "answered")
    assert.isFalse(requests.splice(0).some(isSentByFetch))
  })

  // Some of these runtimes have the condition `node` too.
  it.for(["workerd", "edge-light", "deno", "bun", "browser", "react-native"])(
    "contains no pool for the import condition %s",
    async (condition) => {
      assert.isEmpty(await bundle({ platform: "neutral", conditions: [condition, "node"] }))
    }
  )

  it("sends through fetch where nothing says that the runtime is Node", async () => {
    const outfile = join(outside, "anywhere.mjs")
    assert.isEmpty(await bundle({ platform: "neutral", outfile }))
    const { stdout } = await run(process.execPath, [outfile], { cwd: tmpdir() })
    assert.strictEqual(stdout, "answered")
    assert.isTrue(requests.splice(0).every(isSentByFetch))
  })
})
