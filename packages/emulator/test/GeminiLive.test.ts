import { assert, describe, it } from "vitest"
import * as Base64 from "../src/Base64.ts"
import * as Gemini from "../src/Gemini.ts"
import * as Speech from "../src/Speech.ts"
import { asText, at, connect, keyed, mint, model, setUp, start, unauthenticated, unregistered } from "./gemini.ts"
import { dial, type Dialled } from "./support.ts"

const isOpen = (socket: Dialled) => socket.code() === undefined && socket.frames[0]?.setupComplete !== undefined

const handleOf = (socket: Dialled): string => {
  const update = socket.frames.findLast((frame) => frame.sessionResumptionUpdate !== undefined)
  return JSON.parse(JSON.stringify(update)).sessionResumptionUpdate.newHandle
}

describe("admission of sessions", () => {
  it("accepts a token in the query or a header, on the path for tokens of its version", async () => {
    const { emulator } = setUp()
    for (const version of ["v1alpha", "v1beta"] as const) {
      const inQuery = await connect(emulator, await mint(emulator, {}, version), {}, version)
      const authorization = `Token ${await mint(emulator, {}, version)}`
      const inHeader = await dial(emulator, Gemini.constrainedRoute(version), { headers: { authorization } })
      for (const socket of [inQuery, inHeader]) {
        socket.send({ setup: { model } })
        assert.isTrue(isOpen(socket))
      }
    }
    assert.strictEqual(emulator.sessions, 4)
  })

  it.each([
    ["v1alpha", "v1beta"],
    ["v1beta", "v1alpha"]
  ] as const)("closes with 1008 for a token of %s in %s", async (minted, opened) => {
    const { emulator } = setUp()
    const { code, reason } = await connect(emulator, await mint(emulator, {}, minted), {}, opened)
    assert.deepStrictEqual([code(), reason()], [1008, unauthenticated])
  })

  it("accepts a key in the query or a header, on the path for keys", async () => {
    const { emulator } = setUp()
    for (const socket of [
      await dial(emulator, `${Gemini.liveRoute()}?key=${emulator.apiKey}`),
      await dial(emulator, Gemini.liveRoute("v1beta"), { headers: keyed(emulator.apiKey) })
    ]) {
      socket.send({ setup: { model } })
      assert.isTrue(isOpen(socket))
    }
  })

  it("accepts the additional slash of the vendor's client", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator)
    const socket = await dial(emulator, `http://emulator.test/${Gemini.constrainedRoute()}?access_token=${token}`)
    assert.isUndefined(socket.code())
  })

  it("refuses a token on the path for keys, and a key on the path for tokens", async () => {
    const { emulator } = setUp()
    for (const path of [
      `${Gemini.liveRoute()}?access_token=${await mint(emulator)}`,
      Gemini.liveRoute(),
      `${Gemini.constrainedRoute()}?key=${emulator.apiKey}`,
      Gemini.constrainedRoute()
    ]) {
      const { code, reason } = await dial(emulator, path)
      assert.deepStrictEqual([code(), reason()], [1008, unregistered])
    }
    assert.strictEqual(emulator.sessions, 0)
  })

  it("closes with 1007 for a wrong key, and for a token in its place", async () => {
    const { emulator } = setUp()
    for (const key of ["wrong", await mint(emulator)]) {
      const { code, reason } = await dial(emulator, `${Gemini.liveRoute()}?key=${key}`)
      assert.deepStrictEqual([code(), reason()], [1007, "API key not valid. Please pass a valid API key."])
    }
  })

  it("closes with 1008 for an unknown token, and for a key in its place", async () => {
    const { emulator } = setUp()
    for (const token of ["auth_tokens/0", emulator.apiKey]) {
      const { code, reason } = await connect(emulator, token)
      assert.deepStrictEqual([code(), reason()], [1008, unauthenticated])
    }
  })

  it("has no WebSocket for tokens in a disabled version", async () => {
    const { emulator } = setUp({ versions: ["v1beta"] })
    const answer = await emulator.connect(new Request(`http://emulator.test${Gemini.constrainedRoute("v1alpha")}`))
    assert.instanceOf(answer, Response)
    assert.strictEqual(emulator.log[0]?.status, 404)
    assert.isUndefined((await dial(emulator, `${Gemini.liveRoute()}?key=${emulator.apiKey}`)).code())
  })
})

describe("the uses of a token", () => {
  it.each([
    [undefined, 1],
    [1, 1],
    [3, 3]
  ])("with %j uses starts that many sessions", async (uses, expected) => {
    const { emulator } = setUp()
    const token = await mint(emulator, uses === undefined ? {} : { uses })
    for (let session = 0; session < expected; session += 1) assert.isTrue(isOpen(await start(emulator, token)))
    const more = await start(emulator, token)
    assert.deepStrictEqual([more.frames, more.code(), more.reason()], [[], 1008, unauthenticated])
    assert.strictEqual(emulator.issued[0]?.sessions, expected)
  })

  it("with 0 uses allow any number of sessions", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator, { uses: 0 })
    for (let session = 0; session < 5; session += 1) assert.isTrue(isOpen(await start(emulator, token)))
  })

  it("count at the setup of a session, not at its connection", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator)
    const [idle, first] = [await connect(emulator, token), await connect(emulator, token)]
    first.send({ setup: { model } })
    assert.isTrue(isOpen(first))
    idle.send({ setup: { model } })
    assert.strictEqual(idle.code(), 1008)
  })

  it("do not count a refused setup", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator)
    const wrong = await connect(emulator, token)
    wrong.send({ setup: {} })
    assert.strictEqual(wrong.code(), 1007)
    assert.isTrue(isOpen(await start(emulator, token)))
  })

  it("do not count a resumed session, which needs the same token", async () => {
    const { clock, emulator } = setUp()
    const [token, other] = [await mint(emulator), await mint(emulator, { uses: 1 })]
    const first = await start(emulator, token, { sessionResumption: {} })
    assert.deepInclude(first.frames[1]?.sessionResumptionUpdate, { resumable: true })
    const resumption = { sessionResumption: { handle: handleOf(first) } }
    first.hangUp()
    clock.advance(60_000)
    assert.isTrue(isOpen(await start(emulator, token, resumption)))
    assert.strictEqual((await start(emulator, other, resumption)).code(), 1008)
    assert.strictEqual((await start(emulator, token, { sessionResumption: { handle: "unknown" } })).code(), 1008)
    clock.advance(29 * 60_000)
    assert.strictEqual((await start(emulator, token, resumption)).code(), 1008)
  })
})

describe("the two deadlines of a token", () => {
  it("start sessions until the first", async () => {
    const { clock, emulator } = setUp()
    const token = await mint(emulator, { uses: 0, newSessionExpireTime: at(90_000) })
    const early = await connect(emulator, token)
    clock.advance(89_999)
    assert.isTrue(isOpen(await start(emulator, token)))
    clock.advance(1)
    const late = await start(emulator, token)
    assert.deepStrictEqual([late.code(), late.reason()], [1008, unauthenticated])
    early.send({ setup: { model } })
    assert.strictEqual(early.code(), 1008)
  })

  it("start none after the second, though the first is later", async () => {
    const { clock, emulator } = setUp()
    const token = await mint(emulator, { expireTime: at(30_000) })
    clock.advance(30_000)
    assert.strictEqual((await connect(emulator, token)).code(), 1008)
  })

  it("cut what is open at the second", async () => {
    const { clock, emulator } = setUp()
    const socket = await start(emulator, await mint(emulator, { expireTime: at(120_000) }), asText)
    clock.advance(119_999)
    socket.send({ clientContent: { turns: [], turnComplete: true } })
    assert.isUndefined(socket.code())
    clock.advance(1)
    assert.deepStrictEqual([socket.code(), socket.reason()], [1008, unauthenticated])
    assert.strictEqual(emulator.sessions, 0)
  })

  it("refuse the next message after the second, with the option", async () => {
    const { clock, emulator } = setUp({ cutAtExpiry: false })
    const socket = await start(emulator, await mint(emulator))
    clock.advance(30 * 60_000)
    assert.isUndefined(socket.code())
    socket.send({ realtimeInput: { text: "Hello" } })
    assert.strictEqual(socket.code(), 1008)
  })

  it("pass for every token with expireAll", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator, { uses: 0 })
    const socket = await start(emulator, token)
    emulator.expireAll()
    assert.strictEqual((await connect(emulator, token)).code(), 1008)
    socket.send({ realtimeInput: { text: "Hello" } })
    assert.strictEqual(socket.code(), 1008)
  })

  it("do not apply to the key", async () => {
    const { clock, emulator } = setUp()
    const socket = await dial(emulator, `${Gemini.liveRoute()}?key=${emulator.apiKey}`)
    clock.advance(24 * 3_600_000)
    socket.send({ setup: { model } })
    assert.isTrue(isOpen(socket))
  })
})

describe("the setup of a token", () => {
  const locked = {
    model,
    generationConfig: { responseModalities: ["TEXT"], temperature: 0 },
    systemInstruction: { parts: [{ text: "Be brief." }] }
  }
  const sent = {
    model: "models/other",
    generationConfig: { responseModalities: ["AUDIO"], temperature: 2, topK: 3 },
    systemInstruction: { parts: [{ text: "Ramble." }] },
    tools: []
  }
  const effective = async (terms: object, setup: object = sent) => {
    const { emulator } = setUp()
    const socket = await start(emulator, await mint(emulator, terms), setup)
    return emulator.setups[0] ?? socket.code()
  }

  it("does not restrict the client if it is absent", async () => {
    assert.deepStrictEqual(await effective({}), sent)
  })

  it("replaces the client's setup if no field is named", async () => {
    assert.deepStrictEqual(await effective({ bidiGenerateContentSetup: locked }), locked)
    assert.deepStrictEqual(await effective({ bidiGenerateContentSetup: locked }, {}), locked)
  })

  it("replaces the named fields, and clears those that it lacks", async () => {
    const fieldMask = "generationConfig.temperature,systemInstruction,generationConfig.topK,tools"
    assert.deepStrictEqual(await effective({ bidiGenerateContentSetup: locked, fieldMask }), {
      model: "models/other",
      generationConfig: { responseModalities: ["AUDIO"], temperature: 0 },
      systemInstruction: locked.systemInstruction
    })
  })

  it("clears named fields also without a setup", async () => {
    const fieldMask = "tools,generationConfig.temperature,realtimeInputConfig.turnCoverage"
    const { tools: _, ...others } = sent
    const generationConfig = { responseModalities: ["AUDIO"], topK: 3 }
    assert.deepStrictEqual(await effective({ fieldMask }), { ...others, generationConfig })
  })

  it("adds fields that the client omitted", async () => {
    const fieldMask = "generationConfig.responseModalities"
    assert.deepStrictEqual(await effective({ bidiGenerateContentSetup: locked, fieldMask }, { model }), {
      model,
      generationConfig: { responseModalities: ["TEXT"] }
    })
  })

  it("decides how the model answers", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator, { bidiGenerateContentSetup: locked })
    const socket = await start(emulator, token, { generationConfig: { responseModalities: ["AUDIO"] } })
    socket.send({ realtimeInput: { text: "Hello" } })
    assert.deepStrictEqual(socket.frames[1], {
      serverContent: { modelTurn: { parts: [{ text: "You said: Hello" }] } }
    })
  })

  it("lets a locked session be resumed by the client's handle", async () => {
    const { emulator } = setUp()
    const token = await mint(emulator, { bidiGenerateContentSetup: { ...locked, sessionResumption: {} } })
    const first = await start(emulator, token)
    assert.isTrue(isOpen(await start(emulator, token, { sessionResumption: { handle: handleOf(first) } })))
    assert.strictEqual(emulator.issued[0]?.sessions, 1)
  })

  it("needs a model, by token or by key", async () => {
    const { emulator } = setUp()
    const byToken = await connect(emulator, await mint(emulator))
    byToken.send({ setup: {} })
    const reason = "token-based requests cannot use project-scoped features such as tuned models"
    assert.deepStrictEqual([byToken.code(), byToken.reason()], [1007, reason])
    const byKey = await dial(emulator, `${Gemini.liveRoute()}?key=${emulator.apiKey}`)
    byKey.send({ setup: { model: "" } })
    assert.deepStrictEqual([byKey.code(), byKey.reason()], [1007, "Request contains an invalid argument."])
  })
})

describe("a session", () => {
  const words = ["one", "two"]
  const open = async (setup: object = asText) => {
    const { emulator } = setUp({ words })
    return start(emulator, await mint(emulator), setup)
  }
  const audio = (count: number) => ({
    realtimeInput: { audio: { data: btoa("\0".repeat(count * 300 * 32)), mimeType: "audio/pcm;rate=16000" } }
  })
  const said = (socket: Dialled) =>
    socket.frames.flatMap((frame) => JSON.parse(JSON.stringify(frame)).serverContent?.modelTurn?.parts ?? [])

  it("answers a turn in text, and sends the end of the turn", async () => {
    const socket = await open()
    const turns = [{ role: "user", parts: [{ text: "Good" }, { text: "day" }] }]
    socket.send({ clientContent: { turns, turnComplete: false } })
    assert.lengthOf(socket.frames, 1)
    socket.send({ clientContent: { turns, turnComplete: true } })
    assert.deepStrictEqual(socket.frames, [
      { setupComplete: {} },
      { serverContent: { modelTurn: { parts: [{ text: "You said: Good day" }] } } },
      { serverContent: { generationComplete: true } },
      {
        serverContent: { turnComplete: true },
        usageMetadata: { promptTokenCount: 4, responseTokenCount: 4, totalTokenCount: 8 }
      }
    ])
  })

  it("answers in sound by default, and sends both transcripts on request", async () => {
    const socket = await open({ inputAudioTranscription: {}, outputAudioTranscription: {} })
    socket.send(audio(1))
    assert.lengthOf(socket.frames, 1)
    socket.send(audio(1))
    const sound = Base64.encode(Speech.tone("You said: one two", 24_000))
    assert.deepStrictEqual(socket.frames.slice(1, 4), [
      { serverContent: { inputTranscription: { text: "one two" } } },
      { serverContent: { modelTurn: { parts: [{ inlineData: { mimeType: "audio/pcm;rate=24000", data: sound } }] } } },
      { serverContent: { outputTranscription: { text: "You said: one two" } } }
    ])
  })

  it("waits for the end of an activity if automatic detection is off", async () => {
    const socket = await open({ ...asText, realtimeInputConfig: { automaticActivityDetection: { disabled: true } } })
    socket.send({ realtimeInput: { activityStart: {} } })
    socket.send(audio(3))
    assert.isEmpty(said(socket))
    socket.send({ realtimeInput: { activityEnd: {} } })
    assert.deepStrictEqual(said(socket), [{ text: "You said: one two one" }])
  })

  it("answers the end of a stream, text input and tool responses", async () => {
    const socket = await open()
    socket.send(audio(1))
    socket.send({ realtimeInput: { audioStreamEnd: true } })
    socket.send({ realtimeInput: { text: "Hi" } })
    socket.send({ toolResponse: { functionResponses: [] } })
    assert.deepStrictEqual(said(socket), [{ text: "You said: one" }, { text: "You said: Hi" }, { text: "Thank you." }])
  })

  it("sends no transcripts by default, and has one turn after the other", async () => {
    const socket = await open({ generationConfig: { responseModalities: ["AUDIO"] } })
    socket.send(audio(2))
    socket.send(audio(3))
    assert.notInclude(JSON.stringify(socket.frames), "ranscription")
    socket.send({ realtimeInput: { audioStreamEnd: true } })
    const sounds = ["one two", "one two", "one"].map((text) => {
      const data = Base64.encode(Speech.tone(`You said: ${text}`, 24_000))
      return { inlineData: { mimeType: "audio/pcm;rate=24000", data } }
    })
    assert.deepStrictEqual(said(socket), sounds)
  })

  it("uses the stated sample rate of audio", async () => {
    const socket = await open()
    const data = btoa("\0".repeat(600 * 16))
    socket.send({ realtimeInput: { audio: { data, mimeType: "audio/pcm;rate=8000" } } })
    assert.deepStrictEqual(said(socket), [{ text: "You said: one two" }])
  })

  it("accepts binary messages", async () => {
    const { emulator } = setUp()
    const socket = await connect(emulator, await mint(emulator))
    socket.send(new TextEncoder().encode(JSON.stringify({ setup: { model } })))
    assert.isTrue(isOpen(socket))
  })

  it("sends binary messages", async () => {
    const { emulator } = setUp()
    const request = new Request(`http://emulator.test${Gemini.liveRoute()}?key=${emulator.apiKey}`)
    const session = await emulator.connect(request)
    if (session instanceof Response) throw new Error("refused")
    const sent: Array<unknown> = []
    session.open({ send: (data) => sent.push(data), close: () => {}, destroy: () => {} })
    session.message(JSON.stringify({ setup: { model } }))
    assert.instanceOf(sent[0], Uint8Array)
  })

  it.each([
    ["text that is no JSON", "hello"],
    ["a message of no kind", {}],
    ["a message of an unknown kind", { ping: {} }],
    ["a message of two kinds", { realtimeInput: {}, clientContent: {} }],
    ["another setup", { setup: { model } }],
    ["input that is no object", { realtimeInput: "Hello" }]
  ])("ends with 1007 after %s", async (_, message) => {
    const socket = await open()
    socket.send(message)
    assert.deepStrictEqual([socket.code(), socket.reason()], [1007, "Request contains an invalid argument."])
  })

  it("begins with a setup", async () => {
    const { emulator } = setUp()
    for (const message of [{ realtimeInput: { text: "Hello" } }, { setup: "model" }]) {
      const socket = await connect(emulator, await mint(emulator))
      socket.send(message)
      assert.deepStrictEqual([socket.frames, socket.code()], [[], 1007])
    }
  })
})
