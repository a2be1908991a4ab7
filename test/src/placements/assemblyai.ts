import { AssemblyAI } from "assemblyai"
import type { Drive } from "../support/placements.ts"

export const drives: ReadonlyArray<Drive> = [
  {
    client: "assemblyai",
    proves: ["stt.realtime websocket /v3/ws query"],
    present: async (origin, token) => {
      const session = new AssemblyAI({ apiKey: "unused" }).streaming.transcriber({
        token,
        sampleRate: 16_000,
        speechModel: "universal-streaming-english",
        websocketBaseUrl: `${origin.replace("http", "wss")}/v3/ws`,
        maxConnectionRetries: 0,
        connectTimeout: 60_000
      })
      // The session never begins, as the recorder does not answer.
      session.connect().catch(() => {})
      return () => session.close(false)
    }
  }
]
