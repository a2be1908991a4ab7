import { realtimeRoute, speakRoute, submitRoute } from "@tempcred/emulator/Speechmatics"
import { speechRoute, speechSocketRoute, transcribeRoute } from "@tempcred/emulator/Soniox"
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import { adapters } from "../src/Vendors.ts"
import { run, vendors } from "./program.ts"

const soniox = { TEMPCRED_PROVIDER: "soniox" }

/** What a shell makes of a line, with functions in place of programs. */
const shell = (
  functions: string,
  line: string,
  { TOKEN = "", cwd }: { readonly TOKEN?: string; readonly cwd?: string } = {}
): Promise<{ readonly code: unknown; readonly out: string; readonly err: string }> =>
  new Promise((resolve) => {
    const env = { TOKEN, PATH: process.env["PATH"] ?? "" }
    const child = execFile("sh", ["-c", `${functions}\n${line}`], { cwd: cwd ?? ".", env }, (error, out, err) => {
      resolve({ code: error?.code ?? 0, out, err })
    })
    child.stdin?.end()
  })

/** The words of the program that a line would run. */
const words = async (line: string, TOKEN: string): Promise<ReadonlyArray<string>> => {
  const shown = ["websocat", "curl"].map((name) => `${name}() { printf '%s\\n' ${name} "$@"; }`)
  return (await shell(shown.join("\n"), line, { TOKEN })).out.trimEnd().split("\n")
}

const websocat = `websocat() { '${process.execPath}' '${fileURLToPath(new URL("websocat.ts", import.meta.url))}' "$@"; }`

const answers: Readonly<Record<string, string>> = {
  "soniox stt.realtime": `${transcribeRoute} 101`,
  "soniox tts.realtime": `${speechSocketRoute} 101`,
  "soniox tts.batch": `${speechRoute} 200`,
  "speechmatics stt.realtime": `${realtimeRoute} 101`,
  "speechmatics stt.batch": `${submitRoute} 201`,
  "speechmatics tts.batch": `${speakRoute} 200`
}

describe("mint --connection", () => {
  it("takes the token from a variable of the shell", async () => {
    await using vendor = await vendors()
    const { code, err, out } = await run(["mint", "--connection"], { env: { ...vendor.env, ...soniox } })
    assert.deepStrictEqual([code, err], [0, ""])
    assert.notInclude(out, "snx_temp_")
    assert.deepStrictEqual(await words(out, `it's "$HOME" \`x\``), [
      "websocat",
      `--header=Authorization: Bearer it's "$HOME" \`x\``,
      String(vendor.env["SONIOX_WS_URL"])
    ])
  })

  it("holds the token where that is asked for", async () => {
    await using vendor = await vendors()
    const args = ["mint", "--connection", "--show-token", "--json"]
    const { out } = await run(args, { env: { ...vendor.env, ...soniox } })
    const { connection, token } = JSON.parse(out)
    assert.strictEqual((await words(connection, "another"))[1], `--header=Authorization: Bearer ${token}`)
  })

  /** Of the vendors whose calls over HTTP are known here; of the others, a gap says what belongs there. */
  const known = adapters.filter(({ id }) => Object.keys(answers).some((name) => name.startsWith(`${id} `)))
  const served = known.flatMap(({ capabilities, id }) => Object.keys(capabilities).map((purpose) => ({ id, purpose })))

  it.each(served)("prints a line that does something at once: $id, $purpose", async ({ id, purpose }) => {
    await using vendor = await vendors()
    const args = ["mint", "--provider", id, "--purpose", purpose, "--connection"]
    const { err: note, out: line } = await run(args, { env: vendor.env })
    const minted = await run([...args.slice(0, -1), "--json", "--show-token"], { env: vendor.env })
    const cwd = mkdtempSync(join(tmpdir(), "tempcred-"))
    const { code, err } = await shell(websocat, line, { TOKEN: JSON.parse(minted.out).token, cwd })
    assert.strictEqual(code, 0, err)
    const { route, status } = [...vendor.soniox.log, ...vendor.speechmatics.log].at(-1) ?? {}
    assert.strictEqual(`${route} ${status}`, answers[`${id} ${purpose}`])
    if (purpose === "tts.batch") assert.match(readFileSync(join(cwd, "speech.wav"), "latin1"), /^RIFF....WAVE/s)
    if (purpose === "stt.batch") assert.include(note, "https://example.com/recording.wav")
    rmSync(cwd, { recursive: true })
  })

  it("ends with an error where the vendor refuses the call, and writes no audio", async () => {
    await using vendor = await vendors()
    const cwd = mkdtempSync(join(tmpdir(), "tempcred-"))
    for (const [id, purpose] of [
      ["soniox", "tts.batch"],
      ["speechmatics", "stt.batch"],
      ["speechmatics", "tts.batch"]
    ] as const) {
      const { out } = await run(["mint", "--provider", id, "--purpose", purpose, "--connection"], { env: vendor.env })
      assert.notStrictEqual((await shell("", out, { TOKEN: "expired", cwd })).code, 0)
    }
    assert.throws(() => readFileSync(join(cwd, "speech.wav")), /ENOENT/)
    rmSync(cwd, { recursive: true })
  })
})
