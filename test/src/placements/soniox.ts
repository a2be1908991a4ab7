import { SonioxNodeClient } from "@soniox/node"
import { type Drive, request } from "../support/placements.ts"

const client = "@soniox/node"

const clientAt = (origin: string, api_key: string) =>
  new SonioxNodeClient({
    api_key,
    base_url: origin,
    tts_api_url: origin,
    realtime: {
      ws_base_url: `${origin.replace("http", "ws")}/transcribe-websocket`,
      tts_ws_url: `${origin.replace("http", "ws")}/tts-websocket`
    }
  })

export const drives: ReadonlyArray<Drive> = [
  {
    client,
    proves: ["stt.realtime websocket /transcribe-websocket message"],
    present: async (origin, token) => {
      const session = clientAt(origin, token).realtime.stt({ model: "stt-rt-v5", audio_format: "auto" })
      session.on("error", () => {})
      session.connect().catch(() => {})
      return () => session.close()
    }
  },
  {
    client,
    proves: ["tts.realtime websocket /tts-websocket message"],
    present: async (origin, token) => {
      const options = { model: "tts-rt-v2", language: "en", voice: "Adrian", audio_format: "pcm_s16le" } as const
      const stream = await clientAt(origin, token).realtime.tts(options)
      return () => stream.close()
    }
  },
  {
    client,
    proves: ["tts.batch http /tts header"],
    present: (origin, token) =>
      request(clientAt(origin, token).tts.generate({ text: "Hello", voice: "Adrian", audio_format: "wav" }))
  }
]
