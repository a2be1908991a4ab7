import { once } from "node:events"
import { assert, it } from "vitest"
import * as Gemini from "../src/Gemini.ts"
import * as Node from "../src/Node.ts"
import { mint, model, setUp, unauthenticated } from "./gemini.ts"

it("answers for its host, and points the environment at an origin", () => {
  const { emulator } = setUp({ apiKey: "key" })
  assert.deepStrictEqual(emulator.hosts, { "generativelanguage.googleapis.com": "global" })
  assert.deepStrictEqual(emulator.env("http://127.0.0.1:4801"), {
    GEMINI_API_KEY: "key",
    GOOGLE_GEMINI_BASE_URL: "http://127.0.0.1:4801"
  })
})

it("accepts its tokens on a port, and sends refusals in close frames", async () => {
  const emulator = Gemini.make()
  await using server = await Node.serve(emulator)
  const address = `${server.origin.replace("http", "ws")}${Gemini.constrainedRoute()}?access_token=${await mint(emulator)}`
  const good = new WebSocket(address)
  await once(good, "open")
  good.send(JSON.stringify({ setup: { model } }))
  const [{ data }] = await once(good, "message")
  assert.instanceOf(data, Blob)
  assert.deepStrictEqual(JSON.parse(await data.text()), { setupComplete: {} })
  const spent = new WebSocket(address)
  await once(spent, "open")
  spent.send(JSON.stringify({ setup: { model } }))
  const [{ code, reason }] = await once(spent, "close")
  assert.deepStrictEqual([code, reason], [1008, unauthenticated])
  assert.strictEqual(emulator.sessions, 1)
})
