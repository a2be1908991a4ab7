/**
 * Short conversations over the connections of a credential: a general one for WebSockets, and those of Deepgram,
 * OpenAI and AssemblyAI.
 */
import type { Filled } from "@tempcred/core/Connection"
import * as Speech from "@tempcred/emulator/Speech"
import { WebSocket } from "ws"
import { answered, milliseconds, type Outcome, speech, type Talk, text } from "./talks.ts"

/** The outcome of a conversation whose content does not matter. */
export const reply = { heard: "a reply" }

/** The checked fields of a vendor's message; sound comes as bytes. */
interface Frame {
  readonly bytes?: Uint8Array
  readonly type?: string
  readonly event?: string
  readonly message_type?: string
  readonly text?: string
  readonly audio?: string | null
  readonly isFinal?: boolean | null
  readonly is_final?: boolean
  readonly setupComplete?: object
  readonly serverContent?: { readonly turnComplete?: boolean }
  readonly channel?: { readonly alternatives: ReadonlyArray<{ readonly transcript: string }> }
  readonly transcript?: string
  readonly end_of_turn?: boolean
  readonly error?: { readonly code: string }
  readonly error_code?: number
  readonly code?: string
}

type Message = object | Uint8Array

interface Script {
  /** Returns the kind of a frame. @default its `type` */
  readonly kind?: (frame: Frame) => string | undefined
  /** True if the vendor sends JSON in binary messages. @default false */
  readonly inBytes?: boolean
  /**
   * Returns the refusal in a frame, if any. @default by the shapes of the vendors below; a close during the
   * conversation is a refusal too
   */
  readonly refusal?: (frame: Frame) => string | undefined
  /** The parameters that the vendor needs besides the credential. */
  readonly query?: Readonly<Record<string, string>>
  readonly before?: ReadonlyArray<Message>
  /** The kind of the vendor's first response, at which `midway` runs. */
  readonly first: string
  readonly after: ReadonlyArray<Message>
  readonly last: string
  readonly hear: (frames: ReadonlyArray<Frame>) => Outcome
}

/** Makes a conversation from a script. */
export const talk =
  ({
    after,
    before = [],
    first,
    hear,
    inBytes = false,
    kind = ({ type }) => type,
    last,
    query = {},
    refusal = told
  }: Script): Talk =>
  ({ headers, protocols, url }, midway) =>
    new Promise((resolve, reject) => {
      const address = new URL(url)
      for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value)
      const socket = new WebSocket(address, [...protocols], { headers })
      const frames: Array<Frame> = []
      const send = (message: Message) => socket.send(message instanceof Uint8Array ? message : JSON.stringify(message))
      const end = (outcome: Outcome) => {
        resolve(outcome)
        socket.close()
      }
      socket.on("open", () => before.forEach(send))
      socket.on("message", (data: Buffer, isBinary) => {
        const frame: Frame = isBinary && !inBytes ? { bytes: data } : JSON.parse(data.toString())
        frames.push(frame)
        const refused = refusal(frame)
        if (refused !== undefined) return end({ refused })
        const isFirst = frames.filter((one) => kind(one) === first).length === 1
        if (kind(frame) === last && !(isFirst && last === first)) return end(hear(frames))
        if (kind(frame) !== first || !isFirst) return
        midway?.()
        after.forEach(send)
      })
      socket.on("unexpected-response", (_request, { statusCode }) => end({ refused: `${statusCode}` }))
      socket.on("close", (code) => end({ refused: `${code}` }))
      socket.on("error", reject)
    })

/** Chooses the conversation by the end of the path; the longest match wins. */
export const byPath =
  (protocols: Readonly<Record<string, Talk>>): Talk =>
  (connection, midway) => {
    const { pathname } = new URL(connection.url)
    const [, chosen] =
      Object.entries(protocols)
        .filter(([end]) => pathname.endsWith(end))
        .toSorted(([one], [other]) => other.length - one.length)[0] ?? []
    if (chosen === undefined) throw new Error(`there is no talk for ${pathname}`)
    return chosen(connection, midway)
  }

const told = ({ code, error, error_code, type }: Frame): string | undefined => {
  switch (type) {
    case "error":
      return error?.code
    case "Error":
      return `${error_code}`
    case "session.error":
      return code
    case "session.ended":
      return type
    default:
      return undefined
  }
}

/** Returns the outcome of a conversation whose content does not matter. */
export const heardReply = () => reply

const speaking = (query: Readonly<Record<string, string>>): Talk =>
  talk({
    query: { encoding: "linear16", sample_rate: "24000", ...query },
    before: [{ type: "Speak", text: text.slice(0, 5) }, { type: "Flush" }],
    first: "Flushed",
    after: [{ type: "Speak", text: text.slice(5) }, { type: "Flush" }],
    last: "Flushed",
    hear: (frames) => ({
      heard: milliseconds(
        frames.flatMap(({ bytes }) => bytes ?? []),
        24_000
      )
    })
  })

export const deepgram: Readonly<Record<"stt.realtime" | "stt.batch" | "tts.realtime" | "tts.batch" | "agent", Talk>> = {
  "stt.realtime": byPath({
    "/v1/listen": talk({
      query: { model: "nova-3", encoding: "linear16", sample_rate: "16000" },
      before: [speech, { type: "Finalize" }],
      first: "Results",
      after: [{ type: "CloseStream" }],
      last: "Metadata",
      hear: (frames) => ({
        heard: frames
          .flatMap(({ channel }) => channel?.alternatives[0]?.transcript ?? [])
          .filter((words) => words !== "")
          .join(" ")
      })
    }),
    "/v2/listen": talk({
      kind: ({ event, type }) => event ?? type,
      query: { model: "flux-general-en", encoding: "linear16", sample_rate: "16000" },
      before: [speech],
      first: "StartOfTurn",
      after: [{ type: "CloseStream" }],
      last: "EndOfTurn",
      hear: (frames) => ({ heard: frames.at(-1)?.transcript ?? "" })
    })
  }),
  "stt.batch": async ({ headers, url }) => {
    const sent = await fetch(`${url}?model=nova-3`, { method: "POST", headers, body: Speech.wav(speech, 16_000) })
    const { results }: { readonly results?: { readonly channels: ReadonlyArray<NonNullable<Frame["channel"]>> } } =
      await sent.json()
    return answered(sent, results?.channels[0]?.alternatives[0]?.transcript ?? "")
  },
  "tts.realtime": byPath({
    "/v1/speak": speaking({}),
    "/v2/speak": speaking({ model: "flux-alexis-en" })
  }),
  "tts.batch": async ({ headers, url }) => {
    const query = "encoding=linear16&sample_rate=24000&container=none"
    const json = { ...headers, "content-type": "application/json" }
    const sent = await fetch(`${url}?${query}`, { method: "POST", headers: json, body: JSON.stringify({ text }) })
    return answered(sent, milliseconds([await sent.bytes()], 24_000))
  },
  agent: talk({
    first: "Welcome",
    after: [{ type: "Settings", agent: {} }],
    last: "SettingsApplied",
    hear: heardReply
  })
}

const offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nm=audio 50000 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"

/** Sends a WebRTC offer over HTTP, or converses over a WebSocket. */
const orCall =
  (converse: Talk): Talk =>
  (connection: Filled, midway) =>
    connection.kind === "http" ? call(connection) : converse(connection, midway)

const call = async ({ headers, url }: Filled): Promise<Outcome> => {
  const sdp = { ...headers, "content-type": "application/sdp" }
  const sent = await fetch(url, { method: "POST", headers: sdp, body: offer })
  return answered(sent, (await sent.text()).startsWith("v=0") ? reply.heard : "no answer")
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")

export const openai: Readonly<Record<"realtime" | "stt.realtime", Talk>> = {
  realtime: orCall(
    talk({
      first: "session.created",
      after: [{ type: "response.create" }],
      last: "response.output_text.done",
      hear: heardReply
    })
  ),
  "stt.realtime": orCall(
    talk({
      first: "session.created",
      after: [
        { type: "input_audio_buffer.append", audio: base64(Speech.tone(text, 24_000)) },
        { type: "input_audio_buffer.commit" }
      ],
      last: "conversation.item.input_audio_transcription.completed",
      hear: (frames) => (frames.at(-1)?.transcript === "the long" ? reply : { heard: `${frames.at(-1)?.transcript}` })
    })
  )
}

export const assemblyai: Readonly<Record<"stt.realtime" | "agent", Talk>> = {
  "stt.realtime": talk({
    query: { sample_rate: "16000" },
    first: "Begin",
    after: [speech, { type: "ForceEndpoint" }, { type: "Terminate" }],
    last: "Termination",
    hear: (frames) => ({
      heard: frames.flatMap(({ end_of_turn, transcript = "" }) => (end_of_turn === true ? transcript : [])).join(" ")
    })
  }),
  agent: talk({
    before: [{ type: "session.update", session: {} }],
    first: "session.ready",
    after: [{ type: "session.update", session: {} }],
    last: "session.updated",
    hear: heardReply
  })
}
