/**
 * Agent STT: the realtime protocol with segments and turns in place of transcripts.
 *
 * https://docs.speechmatics.com/api-ref/agent-stt-websocket and `speechmatics-agent-stt` 0.2.0 on PyPI (read
 * 2026-11-30). There is one speaker, and no voice activity detection. A turn starts with its first words, and ends when
 * the client ends the utterance or the stream.
 */
import { type JsonObject, objectOf } from "../Json.ts"
import type { Client } from "./Client.ts"

/** The models of Agent STT. */
export const models: ReadonlySet<unknown> = new Set(["linden-1"])

/** Converts transcripts to segments of turns before they are sent. */
export const segmented = (client: Client): Client => {
  let inTurn = false
  const segment = (name: string, { metadata }: JsonObject) => {
    const { end_time, start_time, transcript } = objectOf(metadata)
    if (!inTurn) client.send({ message: "StartOfTurn" })
    inTurn = true
    client.send({ message: name, segment: { transcript: String(transcript).trim(), start_time, end_time } })
  }
  const endTurn = () => {
    if (inTurn) client.send({ message: "EndOfTurn" })
    inTurn = false
  }
  const handlers: Readonly<Record<string, (message: JsonObject) => void>> = {
    AddPartialTranscript: (message) => segment("AddPartialSegment", message),
    AddTranscript: (message) => segment("AddSegment", message),
    EndOfUtterance: endTurn,
    EndOfTranscript: (message) => {
      endTurn()
      client.send(message)
    }
  }
  return { ...client, send: (message) => (handlers[String(message["message"])] ?? client.send)(message) }
}
