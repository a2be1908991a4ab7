/**
 * Live captions in a browser: `pnpm captions` starts emulated vendors, a token endpoint and the page; `--live` uses
 * the real vendors whose keys are in the environment.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { styleText } from "node:util"
import * as Backend from "./backend.ts"
import * as Page from "./page.ts"
import * as Vendors from "./vendors.ts"

const environment = (): Readonly<Record<string, string>> => {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value
  return env
}

const program = Effect.fnUntraced(
  function* (isLive: boolean) {
    const vendors = isLive ? Vendors.live(environment()) : yield* Vendors.emulated()
    const backend = yield* Backend.serve(vendors, { log: (line) => console.log(styleText("dim", line)) })
    const page = yield* Page.serve(backend, vendors)
    yield* Console.log(
      `\nLive captions, ${isLive ? "by the vendors themselves" : "by emulated vendors"}: ${styleText("bold", page)}`
    )
    for (const { missing, name } of vendors) {
      yield* Console.log(missing === undefined ? `  ${name}` : `  ${name} cannot be chosen: ${missing} is not set`)
    }
    yield* Console.log("Ctrl+C stops. What the token endpoint answers is logged here:\n")
    return yield* Effect.never
  },
  Effect.scoped,
  Effect.catchTag("ConfigurationError", (error) =>
    Effect.sync(() => {
      console.error(error.message)
      process.exitCode = 1
    })
  )
)

const unknown = process.argv.slice(2).filter((argument) => argument !== "--live")
if (unknown.length > 0) {
  console.error(`Unknown argument ${unknown.join(" ")}: the only one is --live`)
  process.exitCode = 2
} else {
  NodeRuntime.runMain(program(process.argv.includes("--live")))
}
