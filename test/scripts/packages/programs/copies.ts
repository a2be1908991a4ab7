/** An app that imports and requires the package: one copy serves both. */
import { createRequire } from "node:module"
import { createMinter, type TempcredError as Failed } from "tempcred"
import { serve, Soniox } from "tempcred/emulator"
import type * as Server from "tempcred/server"
import { buildCredential, fakeMinter } from "tempcred/testing"

const require = createRequire(import.meta.url)
const { exports }: { readonly exports: object } = require("tempcred/package.json")
const entries = Object.keys(exports)
  .filter((entry) => !/^\.\/(package\.json|msw|react)$/.test(entry))
  .map((entry) => `tempcred${entry.slice(1)}`)
for (const entry of entries) {
  const [imported, required] = [await import(entry), require(entry)]
  for (const [name, value] of Object.entries(imported)) {
    if (!/^(default|module\.exports)$/.test(name) && value !== required[name])
      throw new Error(`two of ${entry}: ${name}`)
  }
}

const { bearer, createEndpoint }: typeof Server = require("tempcred/server")
const { TempcredError }: { readonly TempcredError: typeof Failed } = require("tempcred")
const soniox = Soniox.make()
const server = await serve(soniox)
const minter = createMinter({ provider: "soniox", env: soniox.env(server.origin) })
const token = "0123456789abcdef"
const endpoint = createEndpoint({ minter, authenticate: bearer([{ token, subject: "ana" }]) })
const body = JSON.stringify({ purpose: "stt.realtime" })
const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
const response = await endpoint.fetch(new Request("https://app.example.com/token", { method: "POST", headers, body }))
const wrong = createMinter({ provider: "soniox", env: { ...soniox.env(server.origin), SONIOX_API_KEY: "wrong" } })
const error = await wrong.mint({ purpose: "stt.realtime" }).catch((cause: unknown) => cause)
const told = error instanceof TempcredError ? error.reason : String(error)
const fake = await fakeMinter().mint({ purpose: "tts.batch" })
process.stdout.write([response.status, told, soniox.log.length, fake.token, buildCredential().provider].join(" "))
for (const one of [endpoint, minter, wrong, server]) await one.close()
