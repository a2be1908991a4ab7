/** Current and completed streams: the limits, `GET /v1/concurrency-limits` and `GET /v1/usage-logs`. */
import type { Call } from "../Emulator.ts"
import { type Failure, invalid, overLimit, refuse } from "./Failures.ts"
import type { UsageType } from "./Keys.ts"
import type { Settings } from "./Options.ts"

/** A product, under the names in the vendor's interfaces. */
export interface Product {
  readonly name: "stt" | "tts"
  readonly usageType: UsageType
  readonly inWords: string
}

/** Speech to text. */
export const stt: Product = { name: "stt", usageType: "transcribe_websocket", inWords: "real-time transcription" }

/** Text to speech. */
export const tts: Product = { name: "tts", usageType: "tts_rt", inWords: "text-to-speech" }

/** An accepted stream. */
export interface Stream {
  /** Ends the stream; only a completed one enters the usage log. */
  readonly end: (completed?: { readonly inputMilliseconds?: number; readonly outputMilliseconds?: number }) => void
}

/** The start of a stream. */
export interface Start {
  readonly product: Product
  readonly region: string
  readonly model: string
  readonly clientReferenceId: string | undefined
}

/** The usage of one emulator. */
export interface Usage {
  /** Returns the failure of one more stream, if it would exceed a limit. */
  readonly exceeded: (product: Product, region: string) => Failure | undefined
  readonly begin: (start: Start) => Stream
  readonly limits: (call: Call) => Response
  readonly logs: (call: Call) => Response
}

interface Entry {
  readonly start: Start
  readonly startedAt: number
}

/** Makes an empty usage log. */
export const make = (settings: Settings): Usage => {
  const { clock } = settings
  const active = new Set<Entry>()
  const started: Array<Entry> = []
  const logs: Array<{ readonly region: string; readonly endedAt: number; readonly log: object }> = []

  const of = (product: Product, region: string) => (entry: Entry) =>
    entry.start.product === product && entry.start.region === region
  const count = (product: Product, region: string) => [...active].filter(of(product, region)).length

  return {
    exceeded: (product, region) => {
      while (started[0] !== undefined && started[0].startedAt <= clock.now() - 60_000) started.shift()
      if (started.filter(of(product, region)).length >= settings.streamsPerMinute) {
        return overLimit("Requests per minute", product.inWords)
      }
      const limit = settings.concurrentStreams[product.name]
      return count(product, region) < limit ? undefined : overLimit("Concurrent requests", product.inWords)
    },
    begin: (start) => {
      const entry = { start, startedAt: clock.now() }
      active.add(entry)
      started.push(entry)
      return {
        end: (completed) => {
          const endedAt = clock.now()
          if (!active.delete(entry) || completed === undefined) return
          const { inputMilliseconds = 0, outputMilliseconds = 0 } = completed
          logs.push({
            region: start.region,
            endedAt,
            log: logOf(entry, endedAt, inputMilliseconds, outputMilliseconds)
          })
        }
      }
    },
    limits: (call) => {
      const scope = {
        current: { transcribe_concurrent: count(stt, call.region), tts_concurrent: count(tts, call.region) },
        limits: {
          transcribe_concurrent: settings.concurrentStreams.stt,
          tts_concurrent: settings.concurrentStreams.tts
        }
      }
      return Response.json({ project: scope, organization: scope })
    },
    logs: (call) => {
      const query = call.url.searchParams
      const errors = ["start_time", "end_time"]
        .filter((name) => Number.isNaN(Date.parse(query.get(name) ?? "")))
        .map((name) => timestampError(name, query.has(name)))
      if (errors.length > 0) return refuse(invalid("Invalid request."), errors)
      const from = Date.parse(query.get("start_time") ?? "")
      const to = Date.parse(query.get("end_time") ?? "")
      const found = logs
        .filter(({ region, endedAt }) => region === call.region && endedAt >= from && endedAt < to)
        .map(({ log }) => log)
      if (query.get("sort") === "end_time_desc") found.reverse()
      return Response.json({ usage_logs: found, next_page_cursor: null })
    }
  }
}

const timestampError = (name: string, given: boolean) => ({
  error_type: given ? "datetime_from_date_parsing" : "missing",
  location: `query.${name}`,
  message: given ? "Input should be a valid datetime or date" : "Field required"
})

// The other scope is `"playground"`: https://soniox.com/docs/openapi.yaml (read 2026-11-30).
const logOf = (entry: Entry, endedAt: number, inputMilliseconds: number, outputMilliseconds: number) => ({
  uuid: crypto.randomUUID(),
  request_scope: "api",
  client_reference_id: entry.start.clientReferenceId ?? "",
  model: entry.start.model,
  start_time: new Date(entry.startedAt).toISOString(),
  end_time: new Date(endedAt).toISOString(),
  input_text_tokens: 0,
  input_audio_tokens: 0,
  input_audio_duration_ms: inputMilliseconds,
  output_text_tokens: 0,
  output_audio_tokens: 0,
  output_audio_duration_ms: outputMilliseconds,
  cost_usd: "0",
  input_cost_usd: "0",
  input_text_cost_usd: "0",
  input_audio_cost_usd: "0",
  output_cost_usd: "0",
  output_text_cost_usd: "0",
  output_audio_cost_usd: "0"
})
