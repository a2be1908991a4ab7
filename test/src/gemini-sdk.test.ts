import { ApiError, GoogleGenAI, type LiveConnectConfig, type LiveServerMessage, Modality } from "@google/genai"
import * as Gemini from "@tempcred/emulator/Gemini"
import * as Node from "@tempcred/emulator/Node"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"

describe("the official @google/genai against the emulator", () => {
  const emulator = Gemini.make({ words: ["one", "two"] })
  const model = "gemini-live-2.5-flash-preview"
  let server: Node.Server
  let client: GoogleGenAI

  const clientWith = (apiKey: string) =>
    new GoogleGenAI({ apiKey, apiVersion: "v1alpha", httpOptions: { baseUrl: server.origin } })

  beforeAll(async () => {
    // The client warns for every token that its support is experimental.
    vi.spyOn(console, "warn").mockReturnValue()
    server = await Node.serve(emulator)
    client = clientWith(emulator.apiKey)
  })
  afterAll(() => server.close())

  /** Runs one turn of a session. */
  const talk = async (apiKey: string, config: LiveConnectConfig = {}) => {
    const messages: Array<LiveServerMessage> = []
    let end: () => void = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const session = await clientWith(apiKey).live.connect({
      model,
      config,
      callbacks: {
        onmessage: (message) => {
          messages.push(message)
          if (message.serverContent?.turnComplete === true) end()
        }
      }
    })
    session.sendClientContent({ turns: "Hello" })
    await ended
    session.close()
    return messages.flatMap((message) => message.serverContent?.modelTurn?.parts ?? [])
  }

  it("opens a session with a token that it mints, once", async () => {
    const { name = "" } = await client.authTokens.create({ config: { uses: 1 } })
    assert.match(name, /^auth_tokens\//)
    const config = { responseModalities: [Modality.TEXT] }
    assert.deepStrictEqual(await talk(name, config), [{ text: "You said: Hello" }])
    const refused = await talk(name).catch((error: unknown) => error)
    assert.match(String(refused), /closed before setup completed \(code 1008\)/)
  })

  it("opens a session with the key itself", async () => {
    const [part] = await talk(emulator.apiKey)
    assert.strictEqual(part?.inlineData?.mimeType, "audio/pcm;rate=24000")
  })

  it.each([
    { lockAdditionalFields: undefined, instruction: undefined, temperature: undefined },
    { lockAdditionalFields: ["temperature"], instruction: "Be brief.", temperature: undefined },
    { lockAdditionalFields: [], instruction: "Be brief.", temperature: 1 }
  ])(
    "has $lockAdditionalFields locked beside what it sets",
    async ({ instruction, lockAdditionalFields, temperature }) => {
      const { name = "" } = await client.authTokens.create({
        config: {
          expireTime: new Date(Date.now() + 3_600_000).toISOString(),
          newSessionExpireTime: new Date(Date.now() + 120_000).toISOString(),
          liveConnectConstraints: { model, config: { responseModalities: [Modality.TEXT] } },
          ...(lockAdditionalFields === undefined ? {} : { lockAdditionalFields })
        }
      })
      const parts = await talk(name, {
        responseModalities: [Modality.AUDIO],
        systemInstruction: "Be brief.",
        temperature: 1
      })
      assert.deepStrictEqual(parts, [{ text: "You said: Hello" }])
      const [setup] = emulator.setups.slice(-1)
      assert.strictEqual(setup?.["model"], `models/${model}`)
      assert.deepStrictEqual(setup?.["generationConfig"], {
        responseModalities: ["TEXT"],
        ...(temperature === undefined ? {} : { temperature })
      })
      const content = instruction === undefined ? undefined : { parts: [{ text: instruction }], role: "user" }
      assert.deepStrictEqual(setup?.["systemInstruction"], content)
    }
  )

  it("reports a key that is refused", async () => {
    const refused = await clientWith("wrong")
      .authTokens.create({})
      .catch((error: unknown) => error)
    assert.instanceOf(refused, ApiError)
    assert.strictEqual(refused.status, 400)
    assert.match(refused.message, /API_KEY_INVALID/)
    const closed = await talk("wrong").catch((error: unknown) => error)
    assert.match(String(closed), /code 1007\): API key not valid\. Please pass a valid API key\./)
  })
})
