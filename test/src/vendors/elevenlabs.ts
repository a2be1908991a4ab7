import * as ElevenLabs from "@tempcred/elevenlabs/ElevenLabs"
import * as Emulated from "@tempcred/emulator/ElevenLabs"
import * as Speech from "@tempcred/emulator/Speech"
import { byPath, heardReply, reply, talk } from "../support/further-talks.ts"
import { answered, milliseconds, sound, speech, type Talk, text, transcript } from "../support/talks.ts"
import type { Vendor } from "../support/vendors.ts"

const keys = { us: "long-lived-key-of-us", eu: "long-lived-key-of-eu" }

const listen = talk({
  kind: ({ message_type }) => message_type,
  refusal: ({ message_type }) => (message_type === "auth_error" ? message_type : undefined),
  query: { model_id: "scribe_v2_realtime", audio_format: "pcm_16000", commit_strategy: "manual" },
  first: "session_started",
  after: [
    {
      message_type: "input_audio_chunk",
      audio_base_64: Buffer.from(speech).toString("base64"),
      sample_rate: 16_000,
      commit: true
    }
  ],
  last: "committed_transcript",
  hear: (frames) => ({ heard: frames.at(-1)?.text ?? "" })
})

const transcribe: Talk = async ({ url }) => {
  const body = new FormData()
  body.set("model_id", "scribe_v2")
  body.set("file", new Blob([Speech.wav(speech, 16_000)]), "talk.wav")
  const sent = await fetch(url, { method: "POST", body })
  const { text: heard = "" }: { readonly text?: string } = await sent.json()
  return answered(sent, heard)
}

const spoken = (frames: ReadonlyArray<{ readonly audio?: string | null }>) => ({
  heard: milliseconds(
    frames.map(({ audio }) => Buffer.from(audio ?? "", "base64")),
    16_000
  )
})

const multi = talk({
  kind: ({ is_final }) => (is_final === true ? "final" : "audio"),
  query: { output_format: "pcm_16000" },
  before: [{ text: text.slice(0, 6), context_id: "1", flush: true }],
  first: "audio",
  after: [{ text: text.slice(6), context_id: "1", flush: true }, { close_socket: true }],
  last: "final",
  hear: spoken
})

const dialogue = talk({
  kind: ({ is_final }) => (is_final === true ? "final" : "audio"),
  query: { output_format: "pcm_16000" },
  before: [{ voices: ["voice"], inputs: [{ voice_id: "voice", text: text.slice(0, 6) }], flush: true }],
  first: "audio",
  after: [{ inputs: [{ voice_id: "voice", text: text.slice(6) }], flush: true }, { close_socket: true }],
  last: "final",
  hear: spoken
})

const single = talk({
  kind: ({ isFinal }) => (isFinal === true ? "final" : "audio"),
  query: { output_format: "pcm_16000" },
  before: [{ text: text.slice(0, 6), flush: true }],
  first: "audio",
  after: [{ text: text.slice(6), flush: true }, { text: "" }],
  last: "final",
  hear: spoken
})

const speak = byPath({
  "/stream-input": single,
  "/multi-stream-input": multi,
  "/text-to-dialogue/stream-input": dialogue
})

const converse = talk({
  first: "conversation_initiation_metadata",
  after: [{ type: "user_message", text: "Hello" }],
  last: "agent_response",
  hear: heardReply
})

export const vendors: ReadonlyArray<Vendor> = [
  {
    name: "ElevenLabs",
    adapter: ElevenLabs.adapter,
    regional: true,
    uses: [
      { purpose: "stt.realtime", product: "realtime_scribe", talk: listen, outcome: transcript },
      { purpose: "stt.batch", product: "batch_scribe", talk: transcribe, outcome: transcript },
      { purpose: "tts.realtime", product: "tts_websocket", talk: speak, outcome: sound },
      { purpose: "agent", product: "agent", talk: converse, outcome: reply }
    ],
    emulator: (clock) => Emulated.make({ clock, region: "us", apiKeys: keys }),
    abroad: { ELEVENLABS_REGION: "eu", ELEVENLABS_API_KEY: keys.eu }
  }
]
