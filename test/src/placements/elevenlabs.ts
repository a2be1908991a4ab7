import { AudioFormat, CommitStrategy, ElevenLabsClient } from "@elevenlabs/elevenlabs-js"
import { type Drive, request } from "../support/placements.ts"

const client = "@elevenlabs/elevenlabs-js"

const clientAt = (baseUrl: string) => new ElevenLabsClient({ apiKey: "unused", baseUrl, maxRetries: 0 })

export const drives: ReadonlyArray<Drive> = [
  {
    client,
    proves: ["stt.realtime websocket /v1/speech-to-text/realtime query"],
    present: async (origin, token) => {
      await clientAt(origin).speechToText.realtime.connect({
        modelId: "scribe_v2_realtime",
        audioFormat: AudioFormat.PCM_16000,
        sampleRate: 16_000,
        commitStrategy: CommitStrategy.MANUAL,
        token
      })
    }
  },
  {
    client,
    proves: ["stt.batch http /v1/speech-to-text query"],
    present: (origin, token) =>
      request(
        clientAt(origin).speechToText.convert({ token, modelId: "scribe_v2", file: new Blob([new Uint8Array(4)]) })
      )
  }
]
