import { once } from "node:events"
import { assert, describe, it } from "vitest"
import * as ElevenLabs from "../src/ElevenLabs.ts"
import * as Node from "../src/Node.ts"
import { keyed, mint, setUp, sign } from "./eleven-labs.ts"

describe("hosts and names", () => {
  it("answers for the hosts of every region", async () => {
    const { emulator } = setUp({ apiKeys: { eu: "european", in: "indian", sg: "singaporean" } })
    const keys: Record<string, string> = { eu: "european", in: "indian", sg: "singaporean" }
    for (const [host, region] of Object.entries(emulator.hosts)) {
      const token = await mint(emulator, "batch_scribe", keyed(keys[region] ?? emulator.apiKey), host)
      assert.match(token, /^sutkn_/, host)
    }
    assert.deepStrictEqual(
      emulator.issued.map(({ region }) => region),
      ["global", "us", "eu", "in", "sg"]
    )
  })

  it("belongs to the region that a test names", async () => {
    const { emulator } = setUp({ region: "eu", apiKey: "european" })
    assert.isString(await mint(emulator, "batch_scribe", keyed("european"), "emulator.test"))
    assert.isUndefined(await mint(emulator, "batch_scribe", keyed("european"), "api.elevenlabs.io"))
  })

  it("points the environment at an origin", () => {
    const { emulator } = setUp({ apiKey: "key", agents: ["agent_1"] })
    assert.deepStrictEqual(emulator.env("http://127.0.0.1:4801"), {
      ELEVENLABS_API_KEY: "key",
      ELEVENLABS_BASE_URL: "http://127.0.0.1:4801",
      ELEVENLABS_AGENT_ID: "agent_1",
      ELEVENLABS_VOICE_ID: "voice_emulated"
    })
    assert.strictEqual(setUp().emulator.env("").ELEVENLABS_AGENT_ID, "agent_emulated")
  })
})

describe("on a port", () => {
  it("opens what it minted, as a browser can", async () => {
    const emulator = ElevenLabs.make()
    await using server = await Node.serve(emulator)
    const token = await mint(emulator, "realtime_scribe")
    const address = `${server.origin.replace("http", "ws")}${ElevenLabs.realtimeRoute}?model_id=m&token=${token}`
    const [{ data }] = await once(new WebSocket(address), "message")
    assert.strictEqual(JSON.parse(data).message_type, "session_started")
    const spent = new WebSocket(address)
    const closed = once(spent, "close")
    const [{ data: refused }] = await once(spent, "message")
    assert.strictEqual(JSON.parse(refused).message_type, "auth_error")
    assert.strictEqual((await closed)[0].code, 1000)
    const signed = new URL(await sign(emulator))
    signed.host = new URL(server.origin).host
    const agent = new WebSocket(signed, ["convai"])
    await once(agent, "open")
    assert.strictEqual(agent.protocol, "convai")
    assert.strictEqual(emulator.sessions, 2)
  })

  it("refuses a socket that does not exist with 403", async () => {
    const emulator = ElevenLabs.make()
    await using server = await Node.serve(emulator)
    const socket = new WebSocket(`${server.origin.replace("http", "ws")}/v1/nowhere`)
    await once(socket, "error")
    assert.strictEqual(emulator.log[0]?.status, 403)
  })
})
