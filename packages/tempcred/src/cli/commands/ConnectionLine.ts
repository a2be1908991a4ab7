/** Shell commands that connect with a credential: `websocat` for a WebSocket, `curl` for HTTP. */
import { type Connection, fill } from "@tempcred/core/Connection"
import type { Purpose } from "@tempcred/core/Purpose"
import * as Redacted from "effect/Redacted"

/** The place of the token until the command is quoted; no encoding of URLs, headers or JSON changes it. */
const marker = "TOKENGOESHERE"

/** Quotes a word for a POSIX shell, which expands the variable in double quotes and nothing in single quotes. */
const quote = (word: string): string =>
  word
    .split(marker)
    .map((part) => (part === "" ? "" : `'${part.replaceAll("'", `'\\''`)}'`))
    .join('"$TOKEN"')

const quoteIfNeeded = (word: string): string => (/^[\w./…-]+$/.test(word) ? word : quote(word))

/** Writes the command for a connection, with `token` or with the shell variable `$TOKEN`. */
export const connectionLine = (connection: Connection, call?: HttpCall, token?: Redacted.Redacted): string => {
  const { form, headers, kind, message, protocols, url } = fill(connection, token ?? Redacted.make(marker))
  const fields = Object.entries(headers).map(([name, value]) => quote(`${name}: ${value}`))
  if (kind === "http") {
    const { args = [], path = "" } = call ?? {}
    const parts = Object.entries(form).map(([name, value]) => `--form-string ${quote(`${name}=${value}`)}`)
    const words = [...fields.map((field) => `--header ${field}`), ...parts, ...args.map(quoteIfNeeded)]
    return ["curl", ...words, quote(url + path)].join(" ")
  }
  const offered = protocols.length === 0 ? [] : [`--protocol ${quote(protocols.join(", "))}`]
  const open = ["websocat", ...fields.map((field) => `--header=${field}`), ...offered, quote(url)].join(" ")
  if (Object.keys(message).length === 0) return open
  // After the first message, `cat` forwards what the user types.
  return `{ printf '%s\\n' ${quote(JSON.stringify(message))}; cat; } | ${open}`
}

/** An example call to a vendor's HTTP API; a connection contains only the URL and the place of the credential. */
export interface HttpCall {
  /** The path after the URL of the connection. */
  readonly path: string
  /** Further arguments of curl. */
  readonly args: ReadonlyArray<string>
  /** The meaning of the command, or the change that it needs. */
  readonly note: string
}

const text = "Hello there."

const json = (body: unknown): ReadonlyArray<string> => [
  "--header",
  "Content-Type: application/json",
  "--data",
  JSON.stringify(body)
]

const speak = (path: string, body: unknown): HttpCall => ({
  path,
  args: ["--fail", "--output", "speech.wav", ...json(body)],
  note: "This writes the audio to speech.wav, or prints the error status."
})

const recording = "recording.wav"

const transcribe = (path: string, args: ReadonlyArray<string>): HttpCall => ({
  path,
  args: ["--fail-with-body", ...args],
  note: `This transcribes ${recording}: replace it by the name of your recording.`
})

const job = {
  type: "transcription",
  transcription_config: { language: "en" },
  fetch_data: { url: `https://example.com/${recording}` }
}

const webrtc: HttpCall = {
  path: "",
  args: ["--fail-with-body", "--header", "Content-Type: application/sdp", "--data-binary", "@offer.sdp"],
  note: "This starts a WebRTC call: offer.sdp contains the offer of your peer connection, and the output is the answer."
}

const calls: Readonly<Record<string, { readonly [Name in Purpose]?: HttpCall }>> = {
  deepgram: {
    // https://developers.deepgram.com/docs/pre-recorded-audio (read 2026-11-21)
    "stt.batch": transcribe("?model=nova-3", ["--header", "Content-Type: audio/wav", "--data-binary", `@${recording}`]),
    // https://developers.deepgram.com/docs/tts-encoding (read 2026-11-21)
    "tts.batch": speak("?model=aura-2-thalia-en&encoding=linear16&container=wav", { text })
  },
  elevenlabs: {
    // https://elevenlabs.io/docs/api-reference/speech-to-text/convert (read 2026-11-21)
    "stt.batch": transcribe("", ["--form-string", "model_id=scribe_v2", "--form", `file=@${recording}`])
  },
  // https://developers.openai.com/api/docs/guides/realtime-webrtc (read 2026-11-21)
  openai: { "stt.realtime": webrtc, realtime: webrtc },
  soniox: {
    // https://soniox.com/docs/api-reference/tts/generate_speech (read 2026-11-21)
    "tts.batch": speak("", { model: "tts-rt-v1", language: "en", voice: "Adrian", audio_format: "wav", text })
  },
  speechmatics: {
    // https://docs.speechmatics.com/api-ref/batch/create-a-new-job (read 2026-11-21)
    "stt.batch": {
      path: "",
      args: ["--fail-with-body", "--form-string", `config=${JSON.stringify(job)}`],
      note: `This creates a job: replace ${job.fetch_data.url} by the URL of your recording.`
    },
    // https://docs.speechmatics.com/text-to-speech/quickstart (read 2026-11-21)
    "tts.batch": speak("/sarah", { text })
  }
}

const unknown: HttpCall = {
  path: "",
  args: ["…"],
  note: "Replace … by the vendor's path, method (--request) and body (--data or --form)."
}

/** Returns the example call of a vendor and purpose, or a placeholder. */
export const httpCall = (provider: string, purpose: Purpose): HttpCall => calls[provider]?.[purpose] ?? unknown
