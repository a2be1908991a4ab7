/**
 * Session configurations: the vendor's defaults, changed by a client secret or an event.
 *
 * The defaults are those of the sample response in https://developers.openai.com/api/reference/resources/realtime (read
 * 2026-11-21). Fields within `session` are not checked.
 */
import { isObject, type JsonObject, objectOf, stringOf } from "../Json.ts"
import { type Failure, identifier, invalidValue, missingParameter, wrongType } from "./Failures.ts"

/** The type of a session. */
export type SessionType = "realtime" | "transcription" | "translation"

/** A complete session configuration. */
export interface SessionConfig {
  readonly type: SessionType
  readonly id: string
  readonly model: string | undefined
  readonly fields: JsonObject
}

const defaultModel = "gpt-realtime"

const pcm = { type: "audio/pcm", rate: 24_000 }

const turnDetection = { type: "server_vad", threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 200 }

const defaults: Readonly<Record<SessionType, JsonObject>> = {
  realtime: {
    type: "realtime",
    object: "realtime.session",
    output_modalities: ["audio"],
    instructions: "",
    tools: [],
    tool_choice: "auto",
    max_output_tokens: "inf",
    tracing: null,
    truncation: "auto",
    prompt: null,
    audio: {
      input: {
        format: pcm,
        transcription: null,
        noise_reduction: null,
        turn_detection: { ...turnDetection, idle_timeout_ms: null, create_response: true, interrupt_response: true }
      },
      output: { format: pcm, voice: "alloy", speed: 1 }
    },
    include: null
  },
  transcription: {
    type: "transcription",
    object: "realtime.transcription_session",
    audio: { input: { format: pcm, transcription: null, noise_reduction: null, turn_detection: turnDetection } },
    include: null
  },
  translation: {
    type: "translation",
    audio: { input: { transcription: null, noise_reduction: null }, output: { language: "en" } }
  }
}

/** Reads the `session` of a mint or a call. A translation has an endpoint of its own, and needs a model. */
export const read = (session: unknown, endpoint: "realtime" | "translations"): SessionConfig | Failure => {
  if (session !== undefined && session !== null && !isObject(session)) return wrongType("session", "an object")
  if (endpoint === "translations") {
    if (!isObject(session)) return missingParameter("session")
    return typeof session["model"] === "string" ? of("translation", session) : missingParameter("session.model")
  }
  if (!isObject(session)) return of("realtime", {})
  const { type } = session
  if (type === undefined) return missingParameter("session.type")
  if (type !== "realtime" && type !== "transcription") {
    return invalidValue("session.type", type, ["realtime", "transcription"])
  }
  if ("model" in session && typeof session["model"] !== "string") return wrongType("session.model", "a string")
  return of(type, session)
}

/** Makes the session of a type: the defaults, replaced by these fields. */
export const of = (type: SessionType, asked: JsonObject): SessionConfig => ({
  type,
  id: identifier("sess"),
  model: stringOf(asked["model"]) ?? (type === "realtime" ? defaultModel : undefined),
  fields: over(defaults[type], asked)
})

/** Applies the fields of an event to a session; type and model do not change. */
export const update = (session: SessionConfig, asked: unknown): SessionConfig => ({
  ...session,
  fields: over(session.fields, { ...objectOf(asked), type: session.type })
})

/** Formats the session as the vendor does, with its expiry in seconds since the epoch. */
export const write = ({ fields, id, model }: SessionConfig, expiresAt: number): object => ({
  ...fields,
  id,
  ...(model === undefined ? {} : { model }),
  expires_at: expiresAt
})

const over = (base: JsonObject, asked: JsonObject): JsonObject =>
  Object.fromEntries(
    [...new Set([...Object.keys(base), ...Object.keys(asked)])].map((name) => {
      const [own, wanted] = [base[name], asked[name]]
      if (wanted === undefined) return [name, own]
      return [name, isObject(own) && isObject(wanted) ? over(own, wanted) : wanted]
    })
  )
