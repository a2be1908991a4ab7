import { AssemblyAI } from "assemblyai"
import * as AssemblyAi from "@tempcred/emulator/AssemblyAi"
import { systemClock } from "@tempcred/emulator/Emulator"
import * as Node from "@tempcred/emulator/Node"
import * as Speech from "@tempcred/emulator/Speech"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { withoutTls } from "./support/without-tls.ts"

describe("the official assemblyai against the emulator", () => {
  const start = Date.now()
  const emulator = AssemblyAi.make({ clock: { ...systemClock, now: () => start } })
  let server: Node.Server
  let restore: () => void

  const clientWith = (apiKey: string) => new AssemblyAI({ apiKey, streamingBaseUrl: server.origin })
  const mint = (apiKey = emulator.apiKey) =>
    clientWith(apiKey).streaming.createTemporaryToken({ expires_in_seconds: 60, max_session_duration_seconds: 600 })
  const transcriber = (token: string) =>
    clientWith("unused").streaming.transcriber({
      token,
      sampleRate: 16_000,
      speechModel: "universal-streaming-english",
      websocketBaseUrl: `${server.origin.replace("http", "wss")}${AssemblyAi.streamingRoute}`,
      maxConnectionRetries: 0,
      connectTimeout: 5_000
    })

  beforeAll(async () => {
    server = await Node.serve(emulator)
    restore = withoutTls()
  })
  afterAll(async () => {
    restore()
    await server.close()
  })

  it("mints a token and transcribes with it, once", async () => {
    const token = await mint()
    const session = transcriber(token)
    const said: Array<string> = []
    session.on("turn", (turn) => {
      if (turn.end_of_turn) said.push(turn.transcript)
    })
    const { expires_at } = await session.connect()
    assert.strictEqual(expires_at, Math.floor(start / 1000) + 600)
    for (let chunk = 0; chunk < 6; chunk += 1) session.sendAudio(Speech.tone("x".repeat(16), 16_000).buffer)
    await session.close()
    assert.deepStrictEqual(said, [Speech.words.join(" "), "the long key"])

    const again = await transcriber(token)
      .connect()
      .catch((failure: unknown) => failure)
    assert.instanceOf(again, Error)
    assert.strictEqual(again.message, "Unauthorized Connection: Missing Authorization header")
    assert.propertyVal(again, "code", 1008)
  })

  it("reports a key that is refused", async () => {
    const error = await mint("wrong").catch((failure: unknown) => failure)
    assert.instanceOf(error, Error)
    assert.strictEqual(error.message, "Authentication error, API token missing/invalid")
  })
})
