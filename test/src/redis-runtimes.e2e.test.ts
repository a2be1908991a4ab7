/** A program that shares credentials through a real Redis, bundled, on each runtime that the package is for. */
import * as Node from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import { build } from "esbuild"
import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, inject, it } from "vitest"
import { bun, deno } from "./support/runtimes.ts"

const redisUrl = inject("redisUrl") ?? ""

const run = promisify(execFile)

const program = `
  import * as Minter from "@tempcred/core/Minter"
  import * as Providers from "@tempcred/core/Providers"
  import * as Events from "@tempcred/core/Events"
  import * as Redis from "@tempcred/redis/Redis"
  import * as Soniox from "@tempcred/soniox/Soniox"
  import * as Effect from "effect/Effect"
  import * as Layer from "effect/Layer"
  import * as Redacted from "effect/Redacted"

  const outages = []
  const events = Events.layer((event) => Effect.sync(() => event._tag.startsWith("Sharing") && outages.push(event)))
  const stack = Providers.layerConfig([Soniox.adapter], { redis: Redis.connect })
  const minter = Minter.make(Layer.provide(stack, events))
  const { token } = await minter.mint({ purpose: "stt.realtime", subject: "ana" })
  await minter.close()
  console.log(Redacted.value(token), JSON.stringify(outages))
`

describe.skipIf(redisUrl === "")("sharing by configuration", () => {
  const emulator = Soniox.make({ apiKey: `soniox-${randomBytes(8).toString("hex")}` })
  const folder = mkdtempSync(join(tmpdir(), "tempcred-redis-"))
  let vendor: Node.Server

  beforeAll(async () => {
    vendor = await Node.serve(emulator)
    const stdin = { contents: program, resolveDir: import.meta.dirname }
    // Lazy chunks, with what bundles of CommonJS as ES modules need everywhere.
    const require = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);'
    await build({
      stdin,
      bundle: true,
      platform: "node",
      nodePaths: [join(import.meta.dirname, "../node_modules")],
      format: "esm",
      splitting: true,
      outdir: folder,
      outExtension: { ".js": ".mjs" },
      banner: { js: require }
    })
  }, 60_000)
  afterAll(async () => {
    await vendor.close()
    rmSync(folder, { recursive: true })
  })

  const tokens: Array<string> = []
  it.each([
    ["Node", process.execPath, []],
    ["Bun", bun, []],
    ["Deno", deno, ["run", "--allow-all"]]
  ] as ReadonlyArray<readonly [string, string | undefined, ReadonlyArray<string>]>)(
    "%s finds the credential that the first of them minted",
    async (runtime, path, args) => {
      if (path === undefined && process.env["REQUIRE_SERVICES"] !== "1") return
      assert.isDefined(path, `${runtime} is not on this machine`)
      const env = {
        PATH: process.env["PATH"],
        TEMPCRED_PROVIDER: "soniox",
        ...emulator.env(vendor.origin),
        TEMPCRED_CACHE: redisUrl,
        TEMPCRED_CACHE_KEY: Buffer.alloc(32, 7).toString("base64")
      }
      const { stdout } = await run(path, [...args, join(folder, "stdin.mjs")], { env })
      const [token = "", outages] = stdout.trim().split(" ", 2)
      assert.strictEqual(outages, "[]", stdout)
      tokens.push(token)
      assert.strictEqual(new Set(tokens).size, 1)
      assert.strictEqual(emulator.log.filter(({ route }) => route === Soniox.mintRoute).length, 1)
    }
  )
})
