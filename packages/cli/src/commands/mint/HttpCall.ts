/**
 * What a vendor is asked over HTTP, as an example to begin with. A connection says where a credential goes and no more: what is asked is the vendor's API, and an
 * app's own matter.
 */
import type { Purpose } from "@tempcred/core/Purpose"

/** One call, beside what the connection says of it. */
export interface HttpCall {
  /** What follows the URL of the connection. */
  readonly path: string
  /** Further arguments of curl. */
  readonly args: ReadonlyArray<string>
  /** What is to be known of the line, or to be changed in it. */
  readonly note: string
}

const text = "Hello there."

const json = (body: unknown): ReadonlyArray<string> => [
  "--header",
  "Content-Type: application/json",
  "--data",
  JSON.stringify(body)
]

/** Audio is nothing for a terminal. */
const speak = (path: string, body: unknown): HttpCall => ({
  path,
  args: ["--fail", "--output", "speech.wav", ...json(body)],
  note: "It writes speech.wav, or says with which status it is refused."
})

const recording = "recording.wav"

/** What is sent is a file, which curl reads. */
const transcribe = (path: string, args: ReadonlyArray<string>): HttpCall => ({
  path,
  args: ["--fail-with-body", ...args],
  note: `It transcribes ${recording}: put the name of your recording in its place.`
})

const job = {
  type: "transcription",
  transcription_config: { language: "en" },
  fetch_data: { url: `https://example.com/${recording}` }
}

const call: HttpCall = {
  path: "",
  args: ["--fail-with-body", "--header", "Content-Type: application/sdp", "--data-binary", "@offer.sdp"],
  note: "It begins a call over WebRTC: offer.sdp holds the offer of your peer connection, and what is printed is the answer."
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
  openai: { "stt.realtime": call, realtime: call },
  soniox: {
    // https://soniox.com/docs/api-reference/tts/generate_speech (read 2026-11-21)
    "tts.batch": speak("", { model: "tts-rt-v1", language: "en", voice: "Adrian", audio_format: "wav", text })
  },
  speechmatics: {
    // https://docs.speechmatics.com/api-ref/batch/create-a-new-job (read 2026-11-21)
    "stt.batch": {
      path: "",
      args: ["--fail-with-body", "--form-string", `config=${JSON.stringify(job)}`],
      note: `It creates a job: put the address of your recording in place of ${job.fetch_data.url}.`
    },
    // https://docs.speechmatics.com/text-to-speech/quickstart (read 2026-11-21)
    "tts.batch": speak("/sarah", { text })
  }
}

const unknown: HttpCall = {
  path: "",
  args: ["…"],
  note: "In place of … goes what the vendor's API asks for: the rest of the path, the method (--request) and the body (--data or --form)."
}

/** Gives the example of a purpose, or a gap that says what belongs there. */
export const of = (provider: string, purpose: Purpose): HttpCall => calls[provider]?.[purpose] ?? unknown
