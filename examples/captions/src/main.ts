/**
 * Live captions in a browser: `pnpm captions` starts emulated vendors, a token endpoint and the page; `--live` uses
 * the real vendors whose keys are in the environment.
 */
import { once } from "node:events"
import { styleText } from "node:util"
import * as Page from "./page.ts"
import * as Server from "./server.ts"
import { emulated, live } from "./vendors.ts"

const run = async (isLive: boolean): Promise<void> => {
  await using chosen = isLive ? await live(process.env) : await emulated()
  const server = await Server.serve(chosen.vendors, { log: (line) => console.log(styleText("dim", line)) })
  const page = await Page.serve(server.origin)
  console.log(
    `\nLive captions, ${isLive ? "by the vendors themselves" : "by emulated vendors"}: ${styleText("bold", page.url)}`
  )
  for (const { name, problem } of chosen.vendors) {
    console.log(problem === undefined ? `  ${name}` : `  ${name} cannot be chosen: ${problem}`)
  }
  console.log("Ctrl+C stops. What the token endpoint answers is logged here:\n")
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")])
  await page.close()
  await server.close()
}

const unknown = process.argv.slice(2).filter((argument) => argument !== "--live")
if (unknown.length > 0) {
  console.error(`Unknown argument ${unknown.join(" ")}: the only one is --live`)
  process.exitCode = 2
} else {
  await run(process.argv.includes("--live"))
}
