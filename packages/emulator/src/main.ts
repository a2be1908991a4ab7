/** The `emulate` command: serves every emulated vendor on a port of its own, and prints one line of JSON for each. */
import process from "node:process"
import { parseArgs } from "node:util"
import * as AssemblyAi from "./AssemblyAi.ts"
import * as Deepgram from "./Deepgram.ts"
import * as ElevenLabs from "./ElevenLabs.ts"
import type { Emulator } from "./Emulator.ts"
import * as Gemini from "./Gemini.ts"
import * as Node from "./Node.ts"
import * as OpenAi from "./OpenAi.ts"
import * as Soniox from "./Soniox.ts"
import * as Speechmatics from "./Speechmatics.ts"

const emulators = [
  Soniox.make(),
  Speechmatics.make(),
  Deepgram.make(),
  OpenAi.make(),
  AssemblyAi.make(),
  ElevenLabs.make(),
  Gemini.make()
]
const highestBase = 65_536 - emulators.length

const usage = `Usage: emulate [--port-base <port>]

Serves each vendor on a port of its own until interrupted, from 127.0.0.1:<port> on:
${emulators.map(({ vendor }) => vendor).join(", ")}.

  --port-base <port>  a whole number from 1 to ${highestBase} (default 4801)
  --help              print this
`

const fail = (message: string, status: number): never => {
  process.stderr.write(`${message}\n`)
  process.exit(status)
}

const readOptions = () => {
  try {
    const { values } = parseArgs({
      options: { "port-base": { type: "string", default: "4801" }, help: { type: "boolean", default: false } }
    })
    return values
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), 2)
  }
}

const options = readOptions()
if (options.help) {
  process.stdout.write(usage)
  process.exit(0)
}
const given = options["port-base"]
const base = Number(given)
if (!/^\d+$/.test(given) || base < 1 || base > highestBase) {
  fail(`--port-base must be a whole number from 1 to ${highestBase}, not "${given}"`, 2)
}

const serve = async (emulator: Emulator, port: number) => {
  try {
    return await Node.serve(emulator, { port })
  } catch (error) {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE"
    return fail(
      taken
        ? `port ${port} is in use: stop what listens there, or choose others with --port-base`
        : `port ${port} can't be opened: ${String(error)}`,
      1
    )
  }
}

const servers = await Promise.all(emulators.map((emulator, index) => serve(emulator, base + index)))
for (const [index, { vendor, apiKey, env }] of emulators.entries()) {
  const origin = servers[index]?.origin ?? ""
  process.stdout.write(`${JSON.stringify({ vendor, origin, apiKey, env: env(origin) })}\n`)
}
if (process.stderr.isTTY) process.stderr.write("Ready. Stop with Ctrl-C.\n")

const stop = () => void Promise.all(servers.map((server) => server.close()))
process.once("SIGINT", stop)
process.once("SIGTERM", stop)
