/**
 * What the Speechmatics tests drive: an emulator with a clock of their own, without a port.
 */
import { assert } from "vitest"
import type { Clock } from "../src/Emulator.ts"
import * as Speechmatics from "../src/Speechmatics.ts"
import { manualClock } from "./support.ts"

export const startOfTime = Date.parse("2026-11-21T12:00:00Z")

export interface Sent {
  readonly key?: string
  readonly json?: unknown
  readonly body?: BodyInit
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
}

export type Frame = Readonly<Record<string, unknown>>

export const subject = (options: Speechmatics.Options = {}) => {
  const { clock, advance, nextTimer } = observedClock()
  const emulator = Speechmatics.make({ clock, openingDelay: 0, ...options })

  const request = async (route: string, sent: Sent = {}, origin = "http://127.0.0.1"): Promise<Answer> => {
    const [method = "", path = ""] = route.split(" ")
    const headers = new Headers(sent.headers)
    if (sent.key !== undefined) headers.set("authorization", `Bearer ${sent.key}`)
    if (sent.json !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json")
    const body = sent.json === undefined ? (sent.body ?? null) : JSON.stringify(sent.json)
    const response = await emulator.handle(new Request(origin + path, { method, headers, body }))
    const text = await response.text()
    const json: unknown = response.headers.get("content-type")?.includes("json") === true ? JSON.parse(text) : undefined
    return { status: response.status, headers: response.headers, text, json }
  }

  const mint = async (type: string, json: Frame = { ttl: 60 }): Promise<string> =>
    field(await request(`POST /v1/api_keys?type=${type}`, { key: emulator.apiKey, json }), "key_value")

  const upgrade = (path: string, key?: string, origin = "http://127.0.0.1") =>
    emulator.connect(
      new Request(origin + path, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } })
    )

  const open = async (path: string, key?: string) => {
    const session = await upgrade(path, key)
    if (session instanceof Response) return assert.fail(`refused with ${session.status}`)
    const frames: Array<Frame> = []
    const closes: Array<{ readonly code: number; readonly reason: string | undefined }> = []
    session.open({
      send: (data) => frames.push(JSON.parse(String(data))),
      close: (code, reason) => {
        closes.push({ code, reason })
        session.closed()
      },
      destroy: () => session.closed()
    })
    return {
      frames,
      closes,
      say: (message: unknown) => session.message(typeof message === "string" ? message : JSON.stringify(message)),
      hear: (milliseconds: number) => session.message(new Uint8Array(milliseconds * bytesPerMillisecond)),
      leave: () => session.closed()
    }
  }

  return { emulator, advance, nextTimer, request, mint, upgrade, open }
}

/** A string field of a JSON answer. */
export const field = (answer: Answer, name: string): string => {
  const value: unknown = Object.entries(answer.json ?? {}).find(([key]) => key === name)?.[1]
  return typeof value === "string" ? value : assert.fail(`no ${name} in ${answer.text}`)
}

/** 16 kHz, two bytes a sample. */
export const bytesPerMillisecond = 32

export const startRecognition = (config: Frame = {}) => ({
  message: "StartRecognition",
  audio_format: { type: "raw", encoding: "pcm_s16le", sample_rate: 16_000 },
  transcription_config: { language: "en", ...config }
})

const observedClock = () => {
  const { advance, after, now } = manualClock(startOfTime)
  let timerSet = () => {}
  const clock: Clock = {
    now,
    after: (milliseconds, run) => {
      timerSet()
      return after(milliseconds, run)
    }
  }
  const nextTimer = () =>
    new Promise<void>((resolve) => {
      timerSet = resolve
    })
  return { clock, advance, nextTimer }
}
