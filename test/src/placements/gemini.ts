import { GoogleGenAI } from "@google/genai"
import type { Drive } from "../support/placements.ts"

const method = "GenerativeService.BidiGenerateContentConstrained"

const inVersion = (apiVersion: string): Drive => ({
  client: "@google/genai",
  proves: [`realtime websocket /ws/google.ai.generativelanguage.${apiVersion}.${method} query`],
  present: async (origin, apiKey) => {
    const client = new GoogleGenAI({ apiKey, apiVersion, httpOptions: { baseUrl: origin } })
    const connecting = client.live.connect({
      model: "gemini-live-2.5-flash-preview",
      callbacks: { onmessage: () => {} }
    })
    connecting.catch(() => {})
  }
})

export const drives: ReadonlyArray<Drive> = [inVersion("v1alpha"), inVersion("v1beta")]
