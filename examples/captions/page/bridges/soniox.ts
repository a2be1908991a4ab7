/** https://soniox.com/docs/api-reference/stt/websocket-api (read 2026-10-10) */
import type { Bridge } from "./bridge.ts"

interface Message {
  readonly tokens?: ReadonlyArray<{ readonly text: string; readonly is_final: boolean }>
  readonly final_audio_proc_ms?: number
  readonly finished?: boolean
  readonly error_code?: number
  readonly error_type?: string
}

/** A malformed request and an empty account: every connection would fail in the same way. */
const lasting = [400, 402]

export const soniox: Bridge = {
  first: (sampleRate) => ({
    model: "stt-rt-v5",
    audio_format: "pcm_s16le",
    sample_rate: sampleRate,
    num_channels: 1,
    language_hints: ["en"]
  }),
  waits: false,
  last: () => "",
  read: (text) => {
    const message: Message = JSON.parse(text)
    const { error_code, error_type = "error", final_audio_proc_ms = 0, finished = false, tokens = [] } = message
    if (error_code !== undefined) {
      const name = `${error_code} ${error_type}`
      return { failure: { name, passing: !lasting.includes(error_code), refused: error_code === 401 } }
    }
    const said = (isFinal: boolean) =>
      tokens.flatMap((token) => (token.is_final === isFinal ? [token.text] : [])).join("")
    return { final: said(true), partial: said(false), settled: final_audio_proc_ms / 1000, finished }
  }
}
