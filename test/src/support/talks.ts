/**
 * Short conversations with vendors over the connections of a credential. The outcome is the transcript, or the
 * refusal.
 */
import type { Filled } from "@tempcred/core/Connection"
import * as Speech from "@tempcred/emulator/Speech"
import { WebSocket } from "ws"

export type Outcome = { readonly heard: string } | { readonly refused: string }

/** A conversation over a connection; `midway` runs after the vendor's first response on a WebSocket. */
export type Talk = (connection: Filled, midway?: () => void) => Promise<Outcome>

/** A text of 660 ms of audio, whose transcript has two words. */
export const text = "hello there"

export const transcript = { heard: "the long" }
export const sound = { heard: "660 ms" }

export const speech = Speech.tone(text, 16_000)
const voice = { model: "tts-rt-v2", language: "en", voice: "Adrian" }

export const soniox: Readonly<Record<"stt.realtime" | "tts.realtime" | "tts.batch", Talk>> = {
  "stt.realtime": talk({
    first: { model: "stt-rt-v5", audio_format: "pcm_s16le", sample_rate: 16_000, num_channels: 1 },
    before: speech,
    after: "",
    hear: (frames) =>
      frames
        .flatMap(({ tokens = [] }) => tokens)
        .flatMap((token) => (token.is_final ? [token.text] : []))
        .join("")
  }),
  "tts.realtime": talk({
    first: { stream_id: "1", ...voice, audio_format: "pcm_s16le", sample_rate: 24_000 },
    before: JSON.stringify({ stream_id: "1", text: text.slice(0, 5) }),
    after: JSON.stringify({ stream_id: "1", text: text.slice(5), text_end: true }),
    hear: (frames) =>
      milliseconds(
        frames.map(({ audio = "" }) => Buffer.from(audio, "base64")),
        24_000
      )
  }),
  "tts.batch": async ({ headers, url }) => {
    const body = JSON.stringify({ ...voice, audio_format: "pcm_s16le", sample_rate: 24_000, text })
    const reply = await fetch(url, { method: "POST", headers, body })
    return answered(reply, milliseconds([await reply.bytes()], 24_000))
  }
}

const recognition = {
  message: "StartRecognition",
  audio_format: { type: "raw", encoding: "pcm_s16le", sample_rate: 16_000 }
}

const endOfStream = JSON.stringify({ message: "EndOfStream", last_seq_no: 1 })

const realtimeSpeech = talk({
  first: { ...recognition, transcription_config: { language: "en" } },
  before: speech,
  after: endOfStream,
  hear: (frames) =>
    frames
      .flatMap(({ message, metadata }) => (message === "AddTranscript" ? (metadata?.transcript ?? []) : []))
      .join("")
      .trim()
})

const agentSpeech = talk({
  first: { ...recognition, transcription_config: { language: "en", model: "linden-1" } },
  before: speech,
  after: endOfStream,
  hear: (frames) =>
    frames.flatMap(({ message, segment }) => (message === "AddSegment" ? (segment?.transcript ?? []) : [])).join(" ")
})

export const speechmatics: Readonly<Record<"stt.realtime" | "stt.batch" | "tts.batch", Talk>> = {
  "stt.realtime": (connection, midway) =>
    (connection.url.includes("/agent") ? agentSpeech : realtimeSpeech)(connection, midway),
  "stt.batch": async (connection) => {
    const job = await submit(connection)
    return "refused" in job ? job : collect(connection, job.heard)
  },
  "tts.batch": async ({ headers, url }) => {
    const body = JSON.stringify({ text })
    const reply = await fetch(`${url}/sarah?output_format=pcm_16000`, { method: "POST", headers, body })
    return answered(reply, milliseconds([await reply.bytes()], 16_000))
  }
}

/** Submits a job at Speechmatics and returns its id. */
export const submit = async ({ headers, url }: Filled): Promise<Outcome> => {
  const body = new FormData()
  body.set("config", JSON.stringify({ type: "transcription", transcription_config: { language: "en" } }))
  body.set("data_file", new Blob([Speech.wav(speech, 16_000)]), "talk.wav")
  const reply = await fetch(url, { method: "POST", headers, body })
  const job: { readonly id?: string } = await reply.json()
  return answered(reply, job.id ?? "")
}

/** Fetches the transcript of a job. */
export const collect = async ({ headers, url }: Filled, job: string): Promise<Outcome> => {
  const reply = await fetch(`${url}/${job}/transcript?format=txt`, { headers })
  return answered(reply, (await reply.text()).trim())
}

export const answered = (reply: Response, heard: string): Outcome =>
  reply.ok ? { heard } : { refused: `${reply.status}` }

export const milliseconds = (pieces: ReadonlyArray<Uint8Array>, sampleRate: number): string =>
  `${(Speech.joined(pieces).length * 1000) / (2 * sampleRate)} ms`

/** The checked fields of a vendor's message. */
interface Frame {
  readonly tokens?: ReadonlyArray<{ readonly text: string; readonly is_final: boolean }>
  readonly audio?: string
  readonly finished?: boolean
  readonly terminated?: boolean
  readonly error_type?: string
  readonly message?: string
  readonly type?: string
  readonly metadata?: { readonly transcript: string }
  readonly segment?: { readonly transcript: string }
}

interface Script {
  /** The first message, to which a connection can add fields. */
  readonly first: object
  readonly before: string | Uint8Array
  readonly after: string
  readonly hear: (frames: ReadonlyArray<Frame>) => string
}

function talk(script: Script): Talk {
  return ({ headers, message, protocols, url }, midway) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url, [...protocols], { headers })
      const frames: Array<Frame> = []
      const end = (outcome: Outcome) => {
        resolve(outcome)
        socket.close()
      }
      socket.on("open", () => {
        socket.send(JSON.stringify({ ...script.first, ...message }))
        socket.send(script.before)
      })
      socket.on("message", (data) => {
        const frame: Frame = JSON.parse(Buffer.isBuffer(data) ? data.toString() : "")
        frames.push(frame)
        const refused = frame.message === "Error" ? frame.type : frame.error_type
        if (refused !== undefined) return end({ refused })
        if (frame.finished || frame.terminated || frame.message === "EndOfTranscript") {
          return end({ heard: script.hear(frames) })
        }
        if (frames.length > 1) return
        midway?.()
        socket.send(script.after)
      })
      socket.on("unexpected-response", (_request, { statusCode }) => end({ refused: `${statusCode}` }))
      socket.on("close", (code) => reject(new Error(`closed with ${code} in the middle of a talk`)))
      socket.on("error", reject)
    })
}
