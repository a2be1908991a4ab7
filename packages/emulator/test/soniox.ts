/**
 * What the Soniox tests drive: an emulator with a clock of their own, without a port.
 */
import * as Soniox from "../src/Soniox.ts"
import { dial, type Frame, manualClock } from "./support.ts"

export const setUp = (options: Soniox.Options = {}) => {
  const clock = manualClock()
  return { clock, emulator: Soniox.make({ clock, ...options }) }
}

export const post = async (
  emulator: Soniox.Soniox,
  path: string,
  body: unknown,
  headers = bearer(emulator.apiKey),
  region = "us"
) => {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  const response = await emulator.handle(
    new Request(`http://emulator.test${path}`, { method: "POST", headers, body: text }),
    region
  )
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
}

export const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })

export const terms = { usage_type: "transcribe_websocket", expires_in_seconds: 60 }

export const mint = async (emulator: Soniox.Soniox, extra: object = {}, region = "us"): Promise<string> => {
  const { body } = await post(emulator, "/v1/auth/temporary-api-key", { ...terms, ...extra }, undefined, region)
  return body.api_key
}

export const get = async (emulator: Soniox.Soniox, path: string, headers = bearer(emulator.apiKey)) => {
  const response = await emulator.handle(new Request(`http://emulator.test${path}`, { headers }))
  return { status: response.status, body: await response.json() }
}

export const start = { model: "stt-rt-v5", audio_format: "pcm_s16le", sample_rate: 16_000, num_channels: 1 }

/** So many milliseconds of 16 kHz samples. */
export const audio = (milliseconds: number) => new Uint8Array(milliseconds * 32)

export const openStt = (emulator: Soniox.Soniox, key: string, region = "us") =>
  dial(emulator, Soniox.transcribeRoute, { headers: bearer(key), region })

export const openTts = (emulator: Soniox.Soniox, key: string) =>
  dial(emulator, Soniox.speechSocketRoute, { headers: bearer(key) })

export const voice = {
  model: "tts-rt-v2",
  language: "en",
  voice: "Adrian",
  audio_format: "pcm_s16le",
  sample_rate: 16_000
}

/** An error frame without what differs from one to the next. */
export const errorOf = (frame: Frame | undefined) => {
  const { error_code: code, error_type: type, error_message: message } = frame ?? {}
  return [code, type, message]
}

export const invalidOrExpired =
  "Invalid or expired temporary API key. Create a new temporary API key and retry. See https://soniox.com/docs/guides/temporary-api-keys for details."
