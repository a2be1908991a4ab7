import { DeepgramClient } from "@deepgram/sdk"
import { Worker } from "node:worker_threads"
import { type Drive, request } from "../support/placements.ts"

const client = "@deepgram/sdk"

const clientAt = (origin: string, accessToken: string) => {
  const sockets = origin.replace("http", "ws")
  const environment = { base: origin, production: sockets, agent: sockets, agentRest: origin }
  return new DeepgramClient({ accessToken, environment, maxRetries: 0 })
}

/** On Node, the client sends a header. */
const onNode = (
  proves: string,
  connect: (made: DeepgramClient) => Promise<{ connect: () => unknown; close: () => void }>
): Drive => ({
  client,
  proves: [`${proves} header`],
  present: async (origin, token) => {
    const socket = await connect(clientAt(origin, token))
    socket.connect()
    return () => socket.close()
  }
})

/** In a browser, it offers subprotocols; the client takes a worker for a browser. */
const inBrowser = (proves: string, product: string, version: string, options: object): Drive => ({
  client,
  proves: [`${proves} subprotocols`],
  present: async (origin, token) => {
    const workerData = { origin, token, product, version, options }
    const worker = new Worker(new URL("../support/deepgram-browser-worker.ts", import.meta.url), { workerData })
    return () => worker.terminate()
  }
})

const once = { reconnectAttempts: 0 }

export const drives: ReadonlyArray<Drive> = [
  onNode("stt.realtime websocket /v1/listen", ({ listen }) => listen.v1.connect({ model: "nova-3", ...once })),
  onNode("stt.realtime websocket /v2/listen", ({ listen }) => listen.v2.connect({ model: "flux-general-en", ...once })),
  onNode("tts.realtime websocket /v1/speak", ({ speak }) => speak.v1.connect(once)),
  onNode("tts.realtime websocket /v2/speak", ({ speak }) => speak.v2.connect({ model: "flux-alexis-en", ...once })),
  onNode("agent websocket /v1/agent/converse", ({ agent }) => agent.v1.connect(once)),
  inBrowser("stt.realtime websocket /v1/listen", "listen", "v1", { model: "nova-3" }),
  inBrowser("stt.realtime websocket /v2/listen", "listen", "v2", { model: "flux-general-en" }),
  inBrowser("tts.realtime websocket /v1/speak", "speak", "v1", {}),
  inBrowser("tts.realtime websocket /v2/speak", "speak", "v2", { model: "flux-alexis-en" }),
  inBrowser("agent websocket /v1/agent/converse", "agent", "v1", {}),
  {
    client,
    proves: ["stt.batch http /v1/listen header"],
    present: (origin, token) =>
      request(clientAt(origin, token).listen.v1.media.transcribeFile(new Uint8Array(4), { model: "nova-3" }))
  },
  {
    client,
    proves: ["tts.batch http /v1/speak header"],
    present: (origin, token) => request(clientAt(origin, token).speak.v1.audio.generate({ text: "Hello" }))
  }
]
