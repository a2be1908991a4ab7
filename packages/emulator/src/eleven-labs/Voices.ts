/**
 * The three protocols of text to speech: one text, several contexts, and a dialogue.
 *
 * Sources: https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-stream-input (read
 * 2026-11-21), `fern/apis/api/asyncapi.yml` of https://github.com/elevenlabs/elevenlabs-docs (2025-08-25) and the
 * message types of `@elevenlabs/elevenlabs-js` 2.73.0 (both read 2026-11-30).
 *
 * Chunks of audio follow the vendor's default schedule. They are signed 16-bit samples for every format.
 */
import * as Base64 from "../Base64.ts"
import { isObject, type JsonObject, stringOf } from "../Json.ts"
import type { Socket } from "../Sockets.ts"
import * as Speech from "../Speech.ts"
import { sampleRateOf } from "./Formats.ts"

/** Speaks the text of a message; returns false if the message is invalid. */
export type Voice = (socket: Socket, message: JsonObject) => boolean

const schedule: ReadonlyArray<number> = [120, 160, 250, 290]
const usualFormat = "mp3_44100"
const usualSampleRate = 44_100

interface Text {
  /** Adds text, and returns the part to speak now. */
  readonly add: (text: string, now: boolean) => string
}

const textOf = (query: URLSearchParams): Text => {
  const automatic = query.get("auto_mode") === "true"
  let waiting = ""
  let chunks = 0
  return {
    add: (text, now) => {
      waiting += text
      const enough = schedule[Math.min(chunks, schedule.length - 1)] ?? 0
      if (waiting.trim() === "" || !(now || automatic || waiting.length >= enough)) return ""
      const spoken = waiting
      waiting = ""
      chunks += 1
      return spoken
    }
  }
}

const toneIn = (query: URLSearchParams) => {
  const sampleRate = sampleRateOf(query.get("output_format") ?? usualFormat) ?? usualSampleRate
  return (text: string): string => Base64.encode(Speech.tone(text, sampleRate))
}

/** Makes the voice of `stream-input`, where an empty text is the end. */
export const single = (query: URLSearchParams): Voice => {
  const tone = toneIn(query)
  const { add } = textOf(query)
  return (socket, { flush, text, try_trigger_generation }) => {
    if (typeof text !== "string") return false
    const spoken = add(text, text === "" || flush === true || try_trigger_generation === true)
    if (spoken !== "") {
      const alignment = alignmentOf(spoken)
      socket.send({ audio: tone(spoken), isFinal: null, normalizedAlignment: alignment, alignment })
    }
    if (text !== "") return true
    socket.send({ audio: null, isFinal: true })
    socket.close(1000)
    return true
  }
}

const defaultContext = "default"

/** Makes the voice of `multi-stream-input`, where every context has its own text and end. */
export const multi = (query: URLSearchParams): Voice => {
  const tone = toneIn(query)
  const contexts = new Map<string, Text>()
  return (socket, message) => {
    const speak = (contextId: string, context: Text, text: string, now: boolean) => {
      const spoken = context.add(text, now)
      if (spoken !== "") socket.send({ audio: tone(spoken), contextId })
    }
    const finish = (contextId: string, context: Text) => {
      speak(contextId, context, "", true)
      contexts.delete(contextId)
      socket.send({ is_final: true, contextId })
    }
    if (message.close_socket === true) {
      for (const [contextId, context] of contexts) finish(contextId, context)
      socket.close(1000)
      return true
    }
    const contextId = stringOf(message.context_id) ?? defaultContext
    const context = contexts.get(contextId) ?? textOf(query)
    contexts.set(contextId, context)
    if (message.close_context === true) finish(contextId, context)
    else speak(contextId, context, stringOf(message.text) ?? "", message.flush === true)
    return true
  }
}

/** Makes the voice of a dialogue, whose first message names the voices. */
export const dialogue = (query: URLSearchParams): Voice => {
  const tone = toneIn(query)
  const { add } = textOf(query)
  let voices: ReadonlyArray<unknown> | undefined
  return (socket, message) => {
    voices ??= listOf(message.voices)
    if (voices === undefined || voices.length === 0) return false
    for (const input of listOf(message.inputs) ?? []) {
      if (!isObject(input) || typeof input.text !== "string" || !voices.includes(input.voice_id)) return false
      const spoken = add(input.text, false)
      if (spoken !== "") socket.send({ audio: tone(spoken) })
    }
    const rest = message.flush === true || message.close_socket === true ? add("", true) : ""
    if (rest !== "") socket.send({ audio: tone(rest) })
    if (message.close_socket !== true) return true
    socket.send({ is_final: true })
    socket.close(1000)
    return true
  }
}

const listOf = (value: unknown): ReadonlyArray<unknown> | undefined => (Array.isArray(value) ? value : undefined)

// The length of a character in `Speech.tone`.
const characterMilliseconds = 60

const alignmentOf = (text: string) => {
  const chars = text.split("")
  return {
    chars,
    charStartTimesMs: chars.map((_, index) => index * characterMilliseconds),
    charsDurationsMs: chars.map(() => characterMilliseconds)
  }
}
