import * as AssemblyAi from "@tempcred/emulator/AssemblyAi"
import * as Deepgram from "@tempcred/emulator/Deepgram"
import * as ElevenLabs from "@tempcred/emulator/ElevenLabs"
import * as Gemini from "@tempcred/emulator/Gemini"
import * as Node from "@tempcred/emulator/Node"
import * as OpenAi from "@tempcred/emulator/OpenAi"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Speechmatics from "@tempcred/emulator/Speechmatics"
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import { adapters, emulators } from "../../src/cli/Vendors.ts"
import { run, vendors } from "./program.ts"

const soniox = { TEMPCRED_PROVIDER: "soniox" }

/** Runs a command in a shell, with functions in place of programs. */
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

/** Returns the words of the program that a command would run. */
const words = async (line: string, TOKEN: string): Promise<ReadonlyArray<string>> => {
  const shown = ["websocat", "curl"].map((name) => `${name}() { printf '%s\\n' ${name} "$@"; }`)
  return (await shell(shown.join("\n"), line, { TOKEN })).out.trimEnd().split("\n")
}

const websocat = `websocat() { '${process.execPath}' '${fileURLToPath(new URL("websocat.ts", import.meta.url))}' "$@"; }`

const answers: Readonly<Record<string, string>> = {
  "assemblyai stt.realtime": `${AssemblyAi.streamingRoute} 101`,
  "assemblyai agent": `${AssemblyAi.agentRoute} 101`,
  "deepgram stt.realtime": `${Deepgram.listenRoute} 101`,
  "deepgram stt.batch": `POST ${Deepgram.listenRoute} 200`,
  "deepgram tts.realtime": `${Deepgram.speakRoute} 101`,
  "deepgram tts.batch": `POST ${Deepgram.speakRoute} 200`,
  "deepgram agent": `${Deepgram.agentRoute} 101`,
  "elevenlabs stt.realtime": `${ElevenLabs.realtimeRoute} 101`,
  "elevenlabs stt.batch": `${ElevenLabs.transcribeRoute} 200`,
  "elevenlabs tts.realtime": `${ElevenLabs.speechRoute} 101`,
  "elevenlabs agent": `${ElevenLabs.conversationRoute} 101`,
  "gemini realtime": `${Gemini.constrainedRoute()} 101`,
  "openai stt.realtime": `${OpenAi.realtimeRoute} 101`,
  "openai realtime": `${OpenAi.realtimeRoute} 101`,
  "soniox stt.realtime": `${Soniox.transcribeRoute} 101`,
  "soniox tts.realtime": `${Soniox.speechSocketRoute} 101`,
  "soniox tts.batch": `${Soniox.speechRoute} 200`,
  "speechmatics stt.realtime": `${Speechmatics.realtimeRoute} 101`,
  "speechmatics stt.batch": `${Speechmatics.submitRoute} 201`,
  "speechmatics tts.batch": `${Speechmatics.speakRoute} 200`
}

/** Runs a vendor's emulator, with a directory of the files that the commands send. */
const place = async (id: string) => {
  const [emulator] = emulators([id])
  if (emulator === undefined) throw new Error(`no emulator of ${id}`)
  const server = await Node.serve(emulator)
  const cwd = mkdtempSync(join(tmpdir(), "tempcred-"))
  writeFileSync(join(cwd, "recording.wav"), new Uint8Array(32_000))
  writeFileSync(join(cwd, "offer.sdp"), "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n")
  const env: Readonly<Record<string, string>> = {
    ...emulator.env(server.origin),
    TEMPCRED_PROVIDER: id
  }
  /** Runs a command with a new token, and returns the vendor's response. */
  const connect = async (line: string, purpose: string) => {
    const minted = await run(["mint", "--purpose", purpose, "--json", "--show-token"], { env })
    const { code, err, out } = await shell(websocat, line, { TOKEN: JSON.parse(minted.out).token, cwd })
    assert.strictEqual(code, 0, err + out)
    const { route, status } = emulator.log.at(-1) ?? {}
    return { answer: `${route} ${status}`, out }
  }
  return {
    env,
    cwd,
    connect,
    [Symbol.asyncDispose]: async () => {
      rmSync(cwd, { recursive: true })
      await server.close()
    }
  }
}

describe("mint --connection", () => {
  it("reads the token from a shell variable", async () => {
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

  it("contains the token with --show-token", async () => {
    await using vendor = await vendors()
    const args = ["mint", "--connection", "--show-token", "--json"]
    const { out } = await run(args, { env: { ...vendor.env, ...soniox } })
    const { connection, token } = JSON.parse(out)
    assert.strictEqual((await words(connection, "another"))[1], `--header=Authorization: Bearer ${token}`)
  })

  const served = adapters.flatMap(({ capabilities, id }) =>
    Object.keys(capabilities).map((purpose) => ({ id, purpose }))
  )

  it.each(served)("prints a working command: $id, $purpose", async ({ id, purpose }) => {
    await using vendor = await place(id)
    const { err: note, out: line } = await run(["mint", "--purpose", purpose, "--connection"], { env: vendor.env })
    const { answer, out } = await vendor.connect(line, purpose)
    assert.strictEqual(answer, answers[`${id} ${purpose}`])
    if (purpose === "tts.batch") assert.match(readFileSync(join(vendor.cwd, "speech.wav"), "latin1"), /^RIFF....WAVE/s)
    if (purpose === "stt.batch") assert.match(note, /replace .* by the (name|URL) of your recording/)
    if (note.includes("recording.wav:")) assert.match(out, /"words":\[\{/)
  })

  it.each(["realtime", "stt.realtime"])("prints the HTTP command beside that for a WebSocket: %s", async (purpose) => {
    await using vendor = await place("openai")
    const args = ["mint", "--purpose", purpose, "--connection", "--show-token"]
    const { err, out } = await run(args, { env: vendor.env })
    assert.match(out, /^websocat [^\n]+\n$/)
    assert.include(out, "ek_")
    assert.notInclude(err, "ek_")
    assert.include(err, "offer.sdp contains the offer")
    const line = /^Or over HTTP: (.*)$/m.exec(err)?.[1] ?? ""
    const { answer, out: sdp } = await vendor.connect(line, purpose)
    assert.strictEqual(answer, `${OpenAi.callsRoute} 201`)
    assert.match(sdp, /^v=0\r\n/)
  })

  it.each(served.filter(({ purpose }) => purpose.endsWith(".batch")))(
    "prints a command that fails without output if the vendor refuses the call: $id, $purpose",
    async ({ id, purpose }) => {
      await using vendor = await place(id)
      const { out } = await run(["mint", "--purpose", purpose, "--connection"], { env: vendor.env })
      // curl exits with 22 for a status of 400 or more.
      assert.strictEqual((await shell("", out, { TOKEN: "expired", cwd: vendor.cwd })).code, 22)
      assert.throws(() => readFileSync(join(vendor.cwd, "speech.wav")), /ENOENT/)
    }
  )
})
