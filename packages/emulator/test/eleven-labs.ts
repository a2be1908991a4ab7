/**
 * What the ElevenLabs tests drive: an emulator with a clock of their own, without a port.
 */
import * as ElevenLabs from "../src/ElevenLabs.ts"
import { dial, manualClock } from "./support.ts"
import { ask } from "./vendors.ts"

export const setUp = (options: ElevenLabs.Options = {}) => {
  const clock = manualClock()
  return { clock, emulator: ElevenLabs.make({ clock, ...options }) }
}

export const keyed = (key: string): Record<string, string> => ({ "xi-api-key": key })

export const askToken = (
  emulator: ElevenLabs.ElevenLabs,
  type: string,
  headers = keyed(emulator.apiKey),
  host = "api.elevenlabs.io"
) => ask(emulator, `POST /v1/single-use-token/${type}`, undefined, headers, host)

export const mint = async (
  emulator: ElevenLabs.ElevenLabs,
  type: ElevenLabs.TokenType,
  headers?: Record<string, string>,
  host?: string
): Promise<string> => (await askToken(emulator, type, headers, host)).body.token

export const askUrl = (emulator: ElevenLabs.ElevenLabs, query: string, headers = keyed(emulator.apiKey)) =>
  ask(emulator, `GET /v1/convai/conversation/get-signed-url${query}`, undefined, headers)

export const sign = async (emulator: ElevenLabs.ElevenLabs, query = "?agent_id=agent_1"): Promise<string> =>
  (await askUrl(emulator, query)).body.signed_url

/** Opens what a signed URL leads to. */
export const converse = (emulator: ElevenLabs.ElevenLabs, url: string, headers: Record<string, string> = {}) =>
  dial(emulator, url.replace(/^ws/, "http"), { headers })

export const scribe = (
  emulator: ElevenLabs.ElevenLabs,
  query: string,
  headers: Record<string, string> = {},
  region = "global"
) => dial(emulator, `${ElevenLabs.realtimeRoute}?model_id=scribe_v2_realtime${query}`, { headers, region })

export const speak = (emulator: ElevenLabs.ElevenLabs, query: string, headers: Record<string, string> = {}) =>
  dial(emulator, `/v1/text-to-speech/voice_1/stream-input${query}`, { headers })

/** A chunk of audio, as long as so many words. */
export const chunk = (words: number, fields: object = {}) => ({
  message_type: "input_audio_chunk",
  audio_base_64: btoa("\0".repeat(words * 300 * 32)),
  commit: false,
  sample_rate: 16_000,
  ...fields
})
