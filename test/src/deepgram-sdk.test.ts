import { DeepgramClient, DeepgramError } from "@deepgram/sdk"
import * as Deepgram from "@tempcred/emulator/Deepgram"
import * as Node from "@tempcred/emulator/Node"
import * as Speech from "@tempcred/emulator/Speech"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

describe("the official @deepgram/sdk against the emulator", () => {
  const emulator = Deepgram.make()
  let server: Node.Server

  const clientWith = (credential: { readonly apiKey: string } | { readonly accessToken: string }) => {
    const sockets = server.origin.replace("http", "ws")
    const environment = { base: server.origin, production: sockets, agent: sockets, agentRest: server.origin }
    return new DeepgramClient({ ...credential, environment, maxRetries: 0 })
  }
  const grant = (apiKey: string, ttl_seconds = 60) => clientWith({ apiKey }).auth.v1.tokens.grant({ ttl_seconds })

  beforeAll(async () => {
    server = await Node.serve(emulator)
  })
  afterAll(() => server.close())

  it("grants a token and transcribes with it", async () => {
    const { access_token: accessToken, expires_in } = await grant(emulator.apiKey)
    assert.strictEqual(expires_in, 60)

    const socket = await clientWith({ accessToken }).listen.v1.connect({
      model: "nova-3",
      encoding: "linear16",
      sample_rate: 16_000,
      reconnectAttempts: 0
    })
    const said: Array<string> = []
    const ended = new Promise<void>((resolve) => {
      socket.on("message", (message) => {
        if (message.type === "Results") said.push(message.channel.alternatives[0]?.transcript ?? "")
        if (message.type === "Metadata") resolve()
      })
    })
    socket.connect()
    await socket.waitForOpen()
    for (let chunk = 0; chunk < 5; chunk += 1) socket.sendMedia(Speech.tone("x".repeat(17), 16_000))
    socket.sendCloseStream({ type: "CloseStream" })
    await ended
    socket.close()
    assert.strictEqual(said.join(" "), Speech.words.concat("the").join(" "))
    assert.strictEqual(emulator.issued[0]?.uses, 1)
  })

  it("transcribes and speaks in one request with a token", async () => {
    const { access_token: accessToken } = await grant(emulator.apiKey)
    const client = clientWith({ accessToken })
    const spoken = await client.speak.v1.audio.generate({ text: "Hello" })
    const audio = new Uint8Array(await spoken.arrayBuffer())
    assert.deepStrictEqual(audio, Speech.wav(Speech.tone("Hello", 24_000), 24_000))
    const answer = await client.listen.v1.media.transcribeFile(audio, { model: "nova-3" })
    if (!("results" in answer)) assert.fail("no results")
    assert.strictEqual(answer.results.channels?.[0]?.alternatives?.[0]?.transcript, "the")
  })

  it("refuses a token in place of a key, and an expired one", async () => {
    const { access_token: token } = await grant(emulator.apiKey)
    emulator.expireAll()
    for (const credential of [{ apiKey: token }, { accessToken: token }]) {
      const refused = await clientWith(credential)
        .speak.v1.audio.generate({ text: "Hello" })
        .catch((error: unknown) => error)
      assert.instanceOf(refused, DeepgramError)
      assert.strictEqual(refused.statusCode, 401)
    }
  })

  it("reports a key that is refused", async () => {
    const error = await grant("wrong").catch((failure: unknown) => failure)
    assert.instanceOf(error, DeepgramError)
    assert.strictEqual(error.statusCode, 401)
    assert.deepInclude(error.body, { err_code: "INVALID_AUTH", err_msg: "Invalid credentials." })
  })
})
