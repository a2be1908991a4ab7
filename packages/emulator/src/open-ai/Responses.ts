/**
 * The events of a session: committed audio becomes an item, and a requested response is a short text.
 *
 * https://developers.openai.com/api/reference/resources/realtime/server-events (read 2026-11-21)
 */
import type { JsonObject } from "../Json.ts"
import * as Audio from "../Audio.ts"
import { identifier } from "./Failures.ts"

const reply = "It stays at home."

/** Sends a server event with a new id. */
export type Send = (type: string, fields?: object) => void

/** The audio of a session that is not committed yet. */
export interface Input {
  readonly append: (audio: Uint8Array | undefined) => void
  /** Empties the buffer, and returns its words. */
  readonly take: () => string
}

/** Makes an empty buffer for 24 kHz samples. */
export const input = (words: ReadonlyArray<string>): Input => {
  const empty = () => Audio.meter({ encoding: "pcm_s16le", sampleRate: 24_000, channels: 1 })
  let meter = empty()
  return {
    append: (audio) => {
      if (audio !== undefined) meter.add(audio)
    },
    take: () => {
      const spoken = Audio.spoken(words, meter.milliseconds())
      meter = empty()
      return spoken.map(({ word }) => word).join(" ")
    }
  }
}

/** Adds an item for committed audio, and sends its transcript if the session transcribes. */
export const commit = (send: Send, transcript: string, transcribes: boolean): void => {
  const item_id = identifier("item")
  send("input_audio_buffer.committed", { previous_item_id: null, item_id })
  const content = [{ type: "input_audio", transcript: null }]
  addItem(send, { id: item_id, type: "message", role: "user", content })
  if (!transcribes) return
  const about = { item_id, content_index: 0 }
  send("conversation.item.input_audio_transcription.delta", { ...about, delta: transcript })
  send("conversation.item.input_audio_transcription.completed", { ...about, transcript })
}

/** Adds an item to the conversation. */
export const addItem = (send: Send, given: JsonObject): void => {
  const item = { id: identifier("item"), object: "realtime.item", status: "completed", ...given }
  send("conversation.item.added", { previous_item_id: null, item })
  send("conversation.item.done", { previous_item_id: null, item })
}

/** Sends all events of a response with a text. */
export const respond = (send: Send): void => {
  const response_id = identifier("resp")
  const item_id = identifier("item")
  const about = { response_id, item_id, output_index: 0, content_index: 0 }
  const response = { id: response_id, object: "realtime.response", status_details: null, output_modalities: ["text"] }
  const message = { id: item_id, object: "realtime.item", type: "message", role: "assistant" }
  const done = { ...message, status: "completed", content: [{ type: "output_text", text: reply }] }
  send("response.created", { response: { ...response, status: "in_progress", output: [] } })
  const added = { ...message, status: "in_progress", content: [] }
  send("response.output_item.added", { response_id, output_index: 0, item: added })
  for (const delta of reply.split(/(?= )/)) send("response.output_text.delta", { ...about, delta })
  send("response.output_text.done", { ...about, text: reply })
  send("response.output_item.done", { response_id, output_index: 0, item: done })
  send("response.done", { response: { ...response, status: "completed", output: [done] } })
}
