import { assert, describe, it } from "vitest"
import * as Base64 from "../src/Base64.ts"
import * as Speech from "../src/Speech.ts"
import { converse, keyed, setUp, sign } from "./eleven-labs.ts"
import { offering } from "./vendors.ts"

const open = "http://emulator.test/v1/convai/conversation?agent_id="

const conversationOf = (frame: { readonly [field: string]: unknown } | undefined) =>
  JSON.parse(JSON.stringify(frame)).conversation_initiation_metadata_event.conversation_id

describe("authentication at an agent", () => {
  it("accepts a signed URL any number of times", async () => {
    const { emulator } = setUp()
    const url = await sign(emulator)
    const [one, two] = [await converse(emulator, url), await converse(emulator, url)]
    for (const { frames } of [one, two]) assert.strictEqual(frames[0]?.type, "conversation_initiation_metadata")
    assert.notStrictEqual(conversationOf(one.frames[0]), conversationOf(two.frames[0]))
    assert.strictEqual(emulator.issued[0]?.uses, 2)
  })

  it("accepts a URL with its conversation once", async () => {
    const { emulator } = setUp()
    const url = await sign(emulator, "?agent_id=agent_1&include_conversation_id=true")
    const first = await converse(emulator, url)
    assert.strictEqual(conversationOf(first.frames[0]), new URL(url).searchParams.get("conversation_id"))
    assert.strictEqual((await converse(emulator, url)).code(), 3000)
  })

  it("accepts the parameters that the vendor's client adds", async () => {
    const { emulator } = setUp()
    const { code } = await converse(emulator, `${await sign(emulator)}&source=js_sdk&version=1.25.0`)
    assert.isUndefined(code())
  })

  it("closes with 3000 for a signature that is unknown, missing, expired, or another agent's", async () => {
    const { clock, emulator } = setUp()
    const url = await sign(emulator)
    const early = await converse(emulator, url)
    const others = [url.replace("agent_1", "agent_2"), `${open}agent_1&conversation_signature=0`, `${open}agent_1`]
    for (const other of others) {
      const { code, frames, reason } = await converse(emulator, other)
      assert.deepStrictEqual([frames, code(), reason()], [[], 3000, "Could not authorize the conversation."])
    }
    assert.strictEqual((await converse(emulator, url.replace("agent_id=agent_1&", ""))).code(), 3000)
    assert.strictEqual((await converse(emulator, `${open}agent_1`, keyed(emulator.apiKey))).code(), 3000)
    clock.advance(15 * 60_000 - 1)
    assert.isUndefined((await converse(emulator, url)).code())
    clock.advance(1)
    assert.strictEqual((await converse(emulator, url)).code(), 3000)
    assert.isUndefined(early.code())
  })

  it("needs no credential for a public agent", async () => {
    const { emulator } = setUp({ publicAgents: ["agent_1"] })
    assert.isUndefined((await converse(emulator, `${open}agent_1`)).code())
    assert.strictEqual((await converse(emulator, `${open}agent_2`)).code(), 3000)
  })

  it("accepts the other parameter name of the signature with the option", async () => {
    const { emulator } = setUp({ signatureParameter: "token" })
    assert.isUndefined((await converse(emulator, await sign(emulator))).code())
  })

  it("responds with the subprotocol if it was offered", async () => {
    const { emulator } = setUp()
    const url = await sign(emulator)
    assert.strictEqual((await converse(emulator, url, offering("convai", "bearer.x"))).protocol, "convai")
    assert.isUndefined((await converse(emulator, url, offering("other"))).protocol)
  })
})

describe("a conversation", () => {
  const begin = async () => {
    const { emulator } = setUp({ words: ["one", "two"] })
    return { emulator, socket: await converse(emulator, await sign(emulator)) }
  }

  it("begins with its formats, and greets after the client's first message", async () => {
    const { socket } = await begin()
    assert.deepInclude(socket.frames[0]?.conversation_initiation_metadata_event, {
      agent_output_audio_format: "pcm_16000",
      user_input_audio_format: "pcm_16000"
    })
    socket.send({ type: "conversation_initiation_client_data" })
    assert.deepStrictEqual(socket.frames.slice(1), [
      {
        type: "agent_response",
        agent_response_event: { agent_response: "Hello! How can I help you today?", event_id: 1 }
      },
      {
        type: "audio",
        audio_event: {
          audio_base_64: Base64.encode(Speech.tone("Hello! How can I help you today?", 16_000)),
          event_id: 1
        }
      }
    ])
  })

  it("answers audio and text", async () => {
    const { socket } = await begin()
    const audio = btoa("\0".repeat(600 * 32))
    socket.send({ user_audio_chunk: audio.slice(0, 12_800) })
    assert.lengthOf(socket.frames, 1)
    socket.send({ user_audio_chunk: audio.slice(12_800) })
    assert.lengthOf(socket.frames, 4)
    socket.send({ user_audio_chunk: audio.slice(0, 12_800) })
    assert.lengthOf(socket.frames, 4)
    socket.send({ user_audio_chunk: audio.slice(12_800) })
    socket.send({ type: "user_message", text: "Hi" })
    assert.deepStrictEqual(
      socket.frames.slice(1).map((frame) => frame.user_transcription_event ?? frame.agent_response_event ?? frame.type),
      [
        { user_transcript: "one two", event_id: 1 },
        { agent_response: "You said: one two", event_id: 2 },
        "audio",
        { user_transcript: "one two", event_id: 3 },
        { agent_response: "You said: one two", event_id: 4 },
        "audio",
        { agent_response: "You said: Hi", event_id: 5 },
        "audio"
      ]
    )
  })

  it("accepts messages without a response", async () => {
    const { socket } = await begin()
    for (const type of ["pong", "contextual_update", "user_activity", "client_tool_result", "feedback"])
      socket.send({ type })
    assert.isUndefined(socket.code())
    assert.lengthOf(socket.frames, 1)
  })

  it.each([
    ["text that is no JSON", " "],
    ["a binary message", new Uint8Array(8)],
    ["a type that it does not know", { type: "ping" }],
    ["audio that is no base64", { user_audio_chunk: "???" }]
  ])("ends after %s", async (_, message) => {
    const { emulator, socket } = await begin()
    socket.send(message)
    assert.deepStrictEqual([socket.code(), socket.reason()], [1008, "Invalid message received"])
    assert.strictEqual(emulator.sessions, 0)
  })
})
