/**
 * The demo: one program mints a credential of each vendor, opens its connection, streams recorded speech and prints
 * the words. Then it shows each failure once. `--live` does the first part with the real vendors whose keys are in
 * the environment.
 */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { styleText } from "node:util"
import { createMinter, type Credential, type Minter } from "tempcred"
import { Speech } from "tempcred/emulator"
import { failures, type Row } from "./failures.ts"
import { type Recording, transcribe } from "./transcribe.ts"
import { soniox, speechmatics } from "./vendors.ts"

const bold = (text: string): string => styleText("bold", text)
const mark = (good: boolean): string => (good ? styleText("green", "ok") : styleText("red", "FAILED"))

/** The program; its vendor is configuration. */
const program = async (minter: Minter, recording: Recording): Promise<string> => {
  const credential = await minter.mint({ purpose: "stt.realtime", ttl: "60 seconds" })
  console.log(describe(credential))
  const words = await transcribe(credential, recording)
  console.log(`  heard       ${words}`)
  return words
}

const describe = (credential: Credential): string => {
  const connection = credential.connections.find(({ kind, where }) => kind === "websocket" && where !== "server")
  return [
    `  credential  ${String(credential)}`,
    `  expires     ${credential.expiresAt.toISOString()} (told by: ${credential.expirySource})`,
    `  connection  ${connection?.url ?? "none"}, token in the ${connection?.placement.in ?? "air"}`
  ].join("\n")
}

const table = (rows: ReadonlyArray<Row>): string => {
  const width = (pick: (row: Row) => string) => Math.max(...rows.map((row) => pick(row).length))
  const first = width((row) => row.what)
  const second = width((row) => row.seen)
  return rows
    .map(({ expected, seen, what }) => `  ${what.padEnd(first)}  ${seen.padEnd(second)}  ${mark(seen === expected)}`)
    .join("\n")
}

const speech = async (): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await readFile(join(import.meta.dirname, "../speech.wav")))

const emulated = async (): Promise<boolean> => {
  const recording = { bytes: await speech(), speed: 10 }
  await using first = await soniox()
  await using second = await speechmatics()
  const vendors = [first, second]
  let good = true
  for (const { emulator, minter, origin } of vendors) {
    console.log(bold(`\nTEMPCRED_PROVIDER=${emulator.vendor}`) + `  (emulator at ${origin})`)
    const words = await program(minter, recording)
    good &&= words === Speech.words.join(" ")
  }
  for (const vendor of vendors) {
    console.log(bold(`\nWhat ${vendor.emulator.vendor} refuses, and what the app sees`))
    const rows = await failures(vendor, recording)
    console.log(table(rows))
    good &&= rows.every((row) => row.seen === row.expected)
  }
  console.log(`\n${mark(good)}  The emulators transcribe by length, not by ear: the words are the recording's own.`)
  return good
}

const live = async (): Promise<boolean> => {
  const recording = { bytes: await speech(), speed: 1 }
  let good = true
  let tried = 0
  for (const provider of ["soniox", "speechmatics"] as const) {
    const key = `${provider.toUpperCase()}_API_KEY`
    console.log(bold(`\nTEMPCRED_PROVIDER=${provider}`))
    if (!process.env[key]) {
      console.log(`  skipped: ${key} is not set`)
      continue
    }
    tried += 1
    await using minter = createMinter({ provider })
    try {
      good &&= (await program(minter, recording)) !== ""
    } catch (error) {
      console.log(`  ${mark(false)}  ${error instanceof Error ? error.message : "unknown error"}`)
      good = false
    }
  }
  if (tried === 0) console.error("Set SONIOX_API_KEY or SPEECHMATICS_API_KEY, or leave out --live.")
  return good && tried > 0
}

const unknown = process.argv.slice(2).filter((argument) => argument !== "--live")
if (unknown.length > 0) {
  process.stderr.write(`Unknown argument ${unknown.join(" ")}: the only one is --live\n`)
  process.exitCode = 2
} else {
  const good = await (process.argv.includes("--live") ? live() : emulated())
  process.exitCode = good ? 0 : 1
}
