/**
 * The demo: one program mints a credential of each vendor, opens its connection, streams recorded speech and prints
 * the words. Then it shows each failure once. `--live` does the first part with the real vendors whose keys are in
 * the environment.
 */
import * as Connection from "@tempcred/core/Connection"
import type { TempCredential } from "@tempcred/core/TempCredential"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Speech from "@tempcred/emulator/Speech"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { styleText } from "node:util"
import { failures, type Row } from "./failures.ts"
import { type Recording, transcribe } from "./transcribe.ts"
import { layer, vendors } from "./vendors.ts"

const bold = (text: string): string => styleText("bold", text)
const mark = (good: boolean): string => (good ? styleText("green", "ok") : styleText("red", "FAILED"))

/** The program; its vendor is configuration. */
const program = Effect.fnUntraced(function* (recording: Recording) {
  const provider = yield* TempCredentialProvider
  const credential = yield* provider.mint({ purpose: "stt.realtime", ttl: "60 seconds" })
  yield* Console.log(describe(credential))
  const words = yield* transcribe(credential, recording)
  yield* Console.log(`  heard       ${words}`)
  return words
})

const describe = (credential: TempCredential): string => {
  const connection = Option.getOrUndefined(Connection.choose(credential.connections, "browser", "websocket"))
  return [
    `  token       ${String(credential.token)}`,
    `  expires     ${DateTime.formatIso(credential.expiresAt)} (told by: ${credential.expirySource})`,
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

const emulated = Effect.gen(function* () {
  const bytes = new Uint8Array(yield* Effect.promise(() => readFile(join(import.meta.dirname, "../speech.wav"))))
  const recording = { bytes, speed: 10 }
  let good = true
  const running = yield* vendors
  for (const vendor of running) {
    yield* Console.log(bold(`\nTEMPCRED_PROVIDER=${vendor.emulator.vendor}`) + `  (emulator at ${vendor.origin})`)
    const words = yield* vendor.provide(program(recording))
    good &&= words === Speech.words.join(" ")
  }
  for (const vendor of running) {
    yield* Console.log(bold(`\nWhat ${vendor.emulator.vendor} refuses, and what the app sees`))
    const rows = yield* failures(vendor, recording)
    yield* Console.log(table(rows))
    good &&= rows.every((row) => row.seen === row.expected)
  }
  yield* Console.log(
    `\n${mark(good)}  The emulators transcribe by length, not by ear: the words are the recording's own.`
  )
  return good
}).pipe(Effect.scoped)

const live = Effect.gen(function* () {
  const bytes = new Uint8Array(yield* Effect.promise(() => readFile(join(import.meta.dirname, "../speech.wav"))))
  let good = true
  let tried = 0
  for (const provider of ["soniox", "speechmatics"]) {
    const key = `${provider.toUpperCase()}_API_KEY`
    yield* Console.log(bold(`\nTEMPCRED_PROVIDER=${provider}`))
    if (!process.env[key]) {
      yield* Console.log(`  skipped: ${key} is not set`)
      continue
    }
    tried += 1
    const env: Record<string, string> = { TEMPCRED_PROVIDER: provider }
    for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] ??= value
    const words = yield* program({ bytes, speed: 1 }).pipe(
      Effect.provide(layer(env)),
      Effect.catch((error) => Effect.as(Console.log(`  ${mark(false)}  ${error.message}`), ""))
    )
    good &&= words !== ""
  }
  if (tried === 0) yield* Console.error("Set SONIOX_API_KEY or SPEECHMATICS_API_KEY, or leave out --live.")
  return good && tried > 0
})

const unknown = process.argv.slice(2).filter((argument) => argument !== "--live")
if (unknown.length > 0) {
  process.stderr.write(`Unknown argument ${unknown.join(" ")}: the only one is --live\n`)
  process.exitCode = 2
} else {
  const good = await Effect.runPromise(process.argv.includes("--live") ? live : emulated)
  process.exitCode = good ? 0 : 1
}
