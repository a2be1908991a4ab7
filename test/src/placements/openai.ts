import OpenAI from "openai"
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket"
import { OpenAIRealtimeWS } from "openai/realtime/ws"
import { vi } from "vitest"
import { type Drive, request } from "../support/placements.ts"

const client = "openai"

const both = (what: string): ReadonlyArray<string> => [`realtime ${what}`, `stt.realtime ${what}`]

const clientAt = (origin: string, apiKey: string) =>
  new OpenAI({ apiKey, baseURL: `${origin}/v1`, maxRetries: 0, dangerouslyAllowBrowser: true })

class PlainWebSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | Array<string>) {
    super(String(url).replace(/^wss/, "ws"), protocols)
  }
}

export const drives: ReadonlyArray<Drive> = [
  {
    client,
    proves: both("websocket /v1/realtime header"),
    present: async (origin, token) => {
      const socket = new OpenAIRealtimeWS({ model: "gpt-realtime" }, clientAt(origin, token))
      socket.on("error", () => {})
      return () => socket.close()
    }
  },
  {
    client,
    proves: both("websocket /v1/realtime subprotocols"),
    present: async (origin, token) => {
      // The client opens only `wss:`, with the platform's WebSocket.
      vi.stubGlobal("WebSocket", PlainWebSocket)
      const socket = new OpenAIRealtimeWebSocket(
        { model: "gpt-realtime", dangerouslyAllowBrowser: true },
        clientAt(origin, token)
      )
      vi.unstubAllGlobals()
      socket.on("error", () => {})
      return () => socket.close()
    }
  },
  {
    client,
    proves: both("http /v1/realtime/calls header"),
    present: (origin, token) => request(clientAt(origin, token).realtime.calls.create({ sdp: "v=0\r\n" }))
  }
]
