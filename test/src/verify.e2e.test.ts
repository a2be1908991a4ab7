/** `pnpm verify --live`: it mints and opens with the keys of the environment; here they are those of emulators. */
import { serve, type Server } from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Speechmatics from "@tempcred/emulator/Speechmatics"
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { root } from "./support/workspace.ts"

const emulators = [Soniox.make(), Speechmatics.make()]
let servers: ReadonlyArray<Server> = []
let folder = ""

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "verify-"))
  servers = await Promise.all(emulators.map((emulator) => serve(emulator)))
})
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()))
  rmSync(folder, { recursive: true, force: true })
})

const verify = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>
): Promise<{ readonly code: number; readonly stdout: string }> =>
  new Promise((resolve) => {
    const program = join(root, "test/scripts/verify.ts")
    const child = execFile(process.execPath, [program, ...args], { env }, (_, stdout) =>
      resolve({ code: child.exitCode ?? -1, stdout })
    )
  })

const envOf = (index: number) => emulators[index]?.env(servers[index]?.origin ?? "") ?? {}

describe("pnpm verify --live", () => {
  it("names the variables to set, and fails, without a key in the environment", async () => {
    const { code, stdout } = await verify(["--live", "--report", join(folder, "none.json")], {})
    assert.strictEqual(code, 1)
    for (const vendor of ["ASSEMBLYAI", "DEEPGRAM", "ELEVENLABS", "GEMINI", "OPENAI", "SONIOX", "SPEECHMATICS"]) {
      assert.include(stdout, `${vendor}_API_KEY`)
    }
  })

  it("reports each purpose of each vendor with a key, with the date, and keeps earlier runs at others", async () => {
    const report = join(folder, "report.json")
    const earlier = { date: "2026-01-31", purposes: { realtime: "minted and opened" } }
    writeFileSync(report, JSON.stringify({ openai: earlier }))
    const { code, stdout } = await verify(["--live", "--report", report], { ...envOf(0), ...envOf(1) })
    assert.strictEqual(code, 0, stdout)
    const { openai, soniox, speechmatics, ...others } = JSON.parse(readFileSync(report, "utf8"))
    assert.deepStrictEqual([openai, others], [earlier, {}])
    assert.match(soniox.date, /^\d{4}-\d\d-\d\d$/)
    assert.deepStrictEqual(soniox.purposes, {
      "stt.realtime": "minted and opened",
      "tts.realtime": "minted and opened",
      "tts.batch": "minted"
    })
    assert.deepStrictEqual(speechmatics.purposes, {
      "stt.realtime": "minted and opened",
      "stt.batch": "minted",
      "tts.batch": "minted"
    })
    for (const { apiKey } of emulators) assert.notInclude(stdout + readFileSync(report, "utf8"), apiKey)
  })

  it("fails, and reports nothing for the vendor, if the vendor refuses the key", async () => {
    const report = join(folder, "refused.json")
    const { code, stdout } = await verify(["--live", "--report", report], { ...envOf(0), SONIOX_API_KEY: "wrong" })
    assert.strictEqual(code, 1)
    assert.match(stdout, /FAILED {2}soniox {2}stt\.realtime {2}mint failed/)
    assert.deepStrictEqual(JSON.parse(readFileSync(report, "utf8")), {})
  })
})
