import { BatchClient } from "@speechmatics/batch-client"
import { RealtimeClient } from "@speechmatics/real-time-client"
import { type Drive, request } from "../support/placements.ts"

export const drives: ReadonlyArray<Drive> = [
  {
    client: "@speechmatics/real-time-client",
    proves: ["stt.realtime websocket /v2 query"],
    present: async (origin, token) => {
      const realtime = new RealtimeClient({ url: `${origin.replace("http", "ws")}/v2` })
      realtime.start(token, { transcription_config: { language: "en" } }).catch(() => {})
    }
  },
  {
    client: "@speechmatics/batch-client",
    proves: ["stt.batch http /v2/jobs header"],
    present: (origin, token) =>
      request(new BatchClient({ apiKey: token, appId: "test", apiUrl: `${origin}/v2` }).listJobs())
  }
]
