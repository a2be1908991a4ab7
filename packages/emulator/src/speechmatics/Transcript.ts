/**
 * Formats of transcripts, for realtime and batch.
 *
 * The JSON: https://docs.speechmatics.com/api-ref (format 2.9). The subtitles, at most two lines of 37 characters each:
 * https://docs.speechmatics.com/speech-to-text/batch/srt-format (both read 2026-11-21).
 */
import type { Word } from "../Audio.ts"

/** The version of the JSON output. */
export const formatVersion = "2.9"

/** The version of the engine, as results state it. */
export const orchestratorVersion = "2025.11.07+cd4ff775c0+14.7.0"

/** Formats words as the entries of `results`, with a speaker under diarization. */
export const results = (words: ReadonlyArray<Word>, language: string, speaker?: string) =>
  words.map((word) => ({
    alternatives: [{ confidence: 1, content: word.word, language, ...(speaker === undefined ? {} : { speaker }) }],
    end_time: word.endMilliseconds / 1000,
    start_time: word.startMilliseconds / 1000,
    type: "word"
  }))

/** Formats words as text. */
export const text = (words: ReadonlyArray<Word>): string => words.map((word) => word.word).join(" ")

/** Formats words as SubRip subtitles. */
export const subtitles = (words: ReadonlyArray<Word>): string => {
  const lines = linesOf(words)
  const sections: Array<string> = []
  for (let index = 0; index < lines.length; index += linesPerSection) {
    const section = lines.slice(index, index + linesPerSection)
    const spoken = section.flat()
    const from = timestamp(spoken[0]?.startMilliseconds ?? 0)
    const to = timestamp(spoken.at(-1)?.endMilliseconds ?? 0)
    sections.push(`${sections.length + 1}\n${from} --> ${to}\n${section.map(text).join("\n")}\n`)
  }
  return sections.join("\n")
}

const lineLength = 37
const linesPerSection = 2

const linesOf = (words: ReadonlyArray<Word>): ReadonlyArray<ReadonlyArray<Word>> => {
  const lines: Array<Array<Word>> = []
  for (const word of words) {
    const line = lines.at(-1)
    if (line !== undefined && text([...line, word]).length <= lineLength) line.push(word)
    else lines.push([word])
  }
  return lines
}

const timestamp = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(11, 23).replace(".", ",")
