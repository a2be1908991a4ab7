/**
 * `/v1/ws`, a voice agent: https://www.assemblyai.com/docs/voice-agents/voice-agent-api/events-reference and
 * https://www.assemblyai.com/docs/voice-agents/voice-agent-api/browser-integration (read 2026-11-21).
 *
 * A bad credential is refused in the first message. The close code 1008 after it is inferred from streaming. Sessions
 * end with their connection, so that none can be resumed.
 */
import * as Base64 from "../Base64.ts"
import type { Call, Session } from "../Emulator.ts"
import { objectOf, parseObject, stringOf } from "../Json.ts"
import type { Line, Talk } from "../Lines.ts"
import * as Audio from "../Audio.ts"
import * as Speech from "../Speech.ts"
import type { Account } from "./Account.ts"

const longestSession = 10_800
const sampleRate = 24_000

/** Makes the session of one upgrade. */
export const connect = (account: Account, call: Call): Session =>
  account.agents.session((line) => {
    const talk = conversation(account, line)
    return {
      opened: () => {
        const longest = admit(account, call)
        if (longest === undefined) return refuse(line)
        line.alarm("session", longest * 1000, () => end(line))
      },
      message: talk
    }
  })

/** Returns the seconds that the session may last, or undefined if it is refused. */
const admit = ({ settings, tokens }: Account, call: Call): number | undefined => {
  if (call.request.headers.get("authorization") === `Bearer ${settings.apiKey}`) return longestSession
  const token = tokens.find(call.url.searchParams.get("token"), "agent", call.region)
  tokens.spend(token)
  return token?.maxSessionSeconds
}

const refuse = (line: Line): void => {
  line.send({ type: "session.error", code: "unauthorized", message: "Unauthorized" })
  line.close(1008, "unauthorized")
}

const end = (line: Line): void => {
  line.send({ type: "session.ended" })
  line.close(1000)
}

const conversation = ({ settings }: Account, line: Line): Talk["message"] => {
  const meter = Audio.meter({ encoding: "pcm_s16le", sampleRate, channels: 1 })
  const invalid = () => line.send({ type: "session.error", code: "invalid_format", message: "Invalid message format" })
  let ready = false
  let heard = 0
  const update = (session: unknown) => {
    if (ready) return line.send({ type: "session.updated" })
    ready = true
    line.send({ type: "session.ready", session_id: `sess_${crypto.randomUUID()}` })
    const greeting = stringOf(objectOf(session)["greeting"])
    if (greeting !== undefined) reply(line, greeting)
  }
  const hear = (audio: Uint8Array) => {
    meter.add(audio)
    const words = Audio.spoken(settings.words, meter.milliseconds())
    const turn = Math.max(1, settings.words.length)
    for (; heard < words.length; heard += 1) {
      if (heard % turn === 0) line.send({ type: "input.speech.started" })
      const said = words.slice(heard - (heard % turn), heard + 1)
      const text = said.map(({ word }) => word).join(" ")
      line.send({ type: "transcript.user.delta", text })
      if (said.length < turn) continue
      line.send({ type: "input.speech.stopped" })
      line.send({ type: "transcript.user", text })
      reply(line, text)
    }
  }
  return (data) => {
    const event = typeof data === "string" ? parseObject(data) : undefined
    const type = event?.["type"]
    if (type === "session.update") return update(event?.["session"])
    if (type === "session.end") return end(line)
    if (type === "session.resume") {
      const message = "Session not found or grace window has expired"
      return line.send({ type: "session.error", code: "session_not_found", message })
    }
    const audio = type === "input.audio" ? Base64.decode(stringOf(event?.["audio"]) ?? "") : undefined
    if (audio !== undefined && ready) return hear(audio)
    if (type === "reply.create" && ready) return reply(line, settings.words.join(" "))
    if (type !== "tool.result") invalid()
  }
}

const reply = (line: Line, text: string): void => {
  line.send({ type: "reply.started", reply_id: `reply_${crypto.randomUUID()}` })
  line.send({ type: "reply.audio", data: Base64.encode(Speech.tone(text, sampleRate)) })
  line.send({ type: "transcript.agent", text })
  line.send({ type: "reply.done", status: "completed" })
}
