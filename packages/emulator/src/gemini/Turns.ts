/**
 * The turns of a session after its setup. The model repeats what it understood, as text or as sound, and cannot be
 * interrupted.
 */
import * as Base64 from "../Base64.ts"
import { isObject, type JsonObject, objectOf, stringOf } from "../Json.ts"
import type { Socket } from "../Sockets.ts"
import * as Audio from "../Audio.ts"
import * as Speech from "../Speech.ts"

const spokenRate = 24_000
const usualRate = 16_000

/** The turns of one session. */
export interface Turns {
  /** Takes a message other than the setup; returns false if it is unknown. */
  readonly take: (message: JsonObject) => boolean
}

/** Sends that the setup is complete, and takes turns from then on. */
export const make = (
  socket: Socket,
  text: ReadonlyArray<string>,
  setup: JsonObject,
  resumable: (() => string) | undefined
): Turns => {
  const send = (message: object): void => socket.sendBytes(new TextEncoder().encode(JSON.stringify(message)))
  const resume = (): void => {
    if (resumable !== undefined) send({ sessionResumptionUpdate: { newHandle: resumable(), resumable: true } })
  }
  const say = (sentence: string): void => {
    for (const message of turn(setup, sentence)) send(message)
    resume()
  }
  const hear = listening(setup, text, (said) => {
    if (isObject(setup.inputAudioTranscription)) send({ serverContent: { inputTranscription: { text: said } } })
    say(`You said: ${said}`)
  })
  send({ setupComplete: {} })
  resume()
  return {
    take: ({ clientContent, realtimeInput, toolResponse }) => {
      if (isObject(clientContent)) {
        if (clientContent.turnComplete === true) say(`You said: ${textsOf(clientContent.turns).join(" ")}`)
        return true
      }
      if (isObject(toolResponse)) {
        say("Thank you.")
        return true
      }
      if (!isObject(realtimeInput)) return false
      const typed = stringOf(realtimeInput.text)
      if (typed !== undefined) say(`You said: ${typed}`)
      hear(realtimeInput)
      return true
    }
  }
}

const turn = (setup: JsonObject, sentence: string): ReadonlyArray<object> => {
  const { responseModalities } = objectOf(setup.generationConfig)
  const asText = Array.isArray(responseModalities) && responseModalities.includes("TEXT")
  const sound = () => ({
    mimeType: `audio/pcm;rate=${spokenRate}`,
    data: Base64.encode(Speech.tone(sentence, spokenRate))
  })
  const part = asText ? { text: sentence } : { inlineData: sound() }
  const transcription = isObject(setup.outputAudioTranscription) ? [{ outputTranscription: { text: sentence } }] : []
  const tokens = sentence.split(" ").length
  return [
    { serverContent: { modelTurn: { parts: [part] } } },
    ...transcription.map((serverContent) => ({ serverContent })),
    { serverContent: { generationComplete: true } },
    {
      serverContent: { turnComplete: true },
      usageMetadata: { promptTokenCount: tokens, responseTokenCount: tokens, totalTokenCount: 2 * tokens }
    }
  ]
}

const textsOf = (turns: unknown): ReadonlyArray<string> =>
  (Array.isArray(turns) ? turns : [])
    .flatMap((content: unknown) => objectOf(content).parts ?? [])
    .flatMap((part: unknown) => stringOf(objectOf(part).text) ?? [])

const listening = (setup: JsonObject, text: ReadonlyArray<string>, understood: (said: string) => void) => {
  const { automaticActivityDetection } = objectOf(setup.realtimeInputConfig)
  const detects = objectOf(automaticActivityDetection).disabled !== true
  let meter: Audio.Meter | undefined
  let heard = 0

  const end = (words: ReadonlyArray<Audio.Word>, until: number): void => {
    const said = words.slice(heard, until)
    heard = until
    understood(said.map(({ word }) => word).join(" "))
  }

  return (input: JsonObject): void => {
    const { data, mimeType } = objectOf(input.audio)
    const audio = typeof data === "string" ? Base64.decode(data) : undefined
    if (audio !== undefined) {
      const rate = Number(/rate=(\d+)/.exec(stringOf(mimeType) ?? "")?.[1] ?? usualRate)
      meter ??= Audio.meter({ encoding: "pcm_s16le", sampleRate: rate, channels: 1 })
      meter.add(audio)
    }
    const words = Audio.spoken(text, meter?.milliseconds() ?? 0)
    // The only pause is at the end of the text.
    const whole = text.length > 0 && words.length - heard >= text.length ? heard + text.length : heard
    if (isObject(input.activityEnd) || input.audioStreamEnd === true) end(words, words.length)
    else if (detects && whole > heard) end(words, whole)
  }
}
