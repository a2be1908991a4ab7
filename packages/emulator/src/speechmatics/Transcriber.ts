/**
 * Transcript messages of a session: partials while words can change, and finals once they cannot.
 *
 * https://docs.speechmatics.com/speech-to-text/realtime/output (read 2026-11-21)
 */
import * as Audio from "../Audio.ts"
import type { JsonObject } from "../Json.ts"
import type { Client } from "./Client.ts"
import type { RecognitionConfig } from "./RecognitionConfig.ts"
import * as Transcript from "./Transcript.ts"

/** The transcript of one session so far; times are milliseconds of audio. */
export interface Transcriber {
  /** Sends the new words after this number of milliseconds of audio. */
  readonly hear: (heard: number) => void
  /** Makes everything before a time final, and ends the utterance there. */
  readonly force: (until: number) => void
  /** Makes the rest final. */
  readonly finish: (heard: number) => void
}

/** Makes a transcriber; it reads the settings each time, as they can change. */
export const make = (client: Client, words: ReadonlyArray<string>, config: () => RecognitionConfig): Transcriber => {
  // The number of words sent as finals, and the number sent at all.
  let finals = 0
  let partials = 0
  let finalUntil = 0

  const send = (message: string, segment: ReadonlyArray<Audio.Word>, end: number, extra: JsonObject = {}) => {
    const { language, speaker } = config()
    const transcript = Transcript.text(segment)
    client.send({
      message,
      format: Transcript.formatVersion,
      results: Transcript.results(segment, language, speaker),
      metadata: {
        end_time: end / 1000,
        start_time: finalUntil / 1000,
        // The space lets clients join finals as they come.
        transcript: message === "AddTranscript" && transcript !== "" ? `${transcript} ` : transcript
      },
      ...extra
    })
  }

  const finalise = (spoken: ReadonlyArray<Audio.Word>, extra: JsonObject) => {
    const segment = spoken.slice(finals)
    const end = segment.at(-1)?.endMilliseconds ?? finalUntil
    send("AddTranscript", segment, end, extra)
    finals = Math.max(finals, spoken.length)
    finalUntil = end
  }

  const hear = (heard: number) => {
    const settled = Audio.spoken(words, heard - config().maxDelay)
    const news = settled.length > finals
    if (news) finalise(settled, {})
    const spoken = Audio.spoken(words, heard)
    const due = config().partials && (news || spoken.length > partials)
    if (due) send("AddPartialTranscript", spoken.slice(finals), heard)
    partials = spoken.length
  }

  return {
    hear,
    force: (until: number) => {
      finalise(Audio.spoken(words, until), { forced: true })
      const metadata = { start_time: until / 1000, end_time: until / 1000 }
      client.send({ message: "EndOfUtterance", metadata, forced: true })
    },
    finish: (heard: number) => {
      const spoken = Audio.spoken(words, heard)
      if (spoken.length > finals) finalise(spoken, {})
    }
  }
}
