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
import type { Socket, Handlers } from "../Sockets.ts"
import * as Audio from "../Audio.ts"
import * as Speech from "../Speech.ts"
import type { Account } from "./Account.ts"

const longestSession = 10_800
const sampleRate = 24_000

/** Makes the session of one upgrade. */
export const connect = (account: Account, call: Call): Session =>
  account.agents.session((socket) => {
    const converse = conversation(account, socket)
    return {
      opened: () => {
        const longest = admit(account, call)
        if (longest === undefined) return refuse(socket)
        socket.alarm("session", longest * 1000, () => end(socket))
      },
      message: converse
    }
  })

/** Returns the seconds that the session may last, or undefined if it is refused. */
const admit = ({ settings, tokens }: Account, call: Call): number | undefined => {
  if (call.request.headers.get("authorization") === `Bearer ${settings.apiKey}`) return longestSession
  const token = tokens.find(call.url.searchParams.get("token"), "agent", call.region)
  tokens.spend(token)
  return token?.maxSessionSeconds
}

const refuse = (socket: Socket): void => {
  socket.send({ type: "session.error", code: "unauthorized", message: "Unauthorized" })
  socket.close(1008, "unauthorized")
}

const end = (socket: Socket): void => {
  socket.send({ type: "session.ended" })
  socket.close(1000)
}

const conversation = ({ settings }: Account, socket: Socket): Handlers["message"] => {
  const meter = Audio.meter({ encoding: "pcm_s16le", sampleRate, channels: 1 })
  const invalid = () =>
    socket.send({ type: "session.error", code: "invalid_format", message: "Invalid message format" })
  let ready = false
  let heard = 0
  const update = (session: unknown) => {
    if (ready) return socket.send({ type: "session.updated" })
    ready = true
    socket.send({ type: "session.ready", session_id: `sess_${crypto.randomUUID()}` })
    const greeting = stringOf(objectOf(session)["greeting"])
    if (greeting !== undefined) reply(socket, greeting)
  }
  const hear = (audio: Uint8Array) => {
    meter.add(audio)
    const words = Audio.spoken(settings.words, meter.milliseconds())
    const turn = Math.max(1, settings.words.length)
    for (; heard < words.length; heard += 1) {
      if (heard % turn === 0) socket.send({ type: "input.speech.started" })
      const said = words.slice(heard - (heard % turn), heard + 1)
      const text = said.map(({ word }) => word).join(" ")
      socket.send({ type: "transcript.user.delta", text })
      if (said.length < turn) continue
      socket.send({ type: "input.speech.stopped" })
      socket.send({ type: "transcript.user", text })
      reply(socket, text)
    }
  }
  return (data) => {
    const event = typeof data === "string" ? parseObject(data) : undefined
    const type = event?.["type"]
    if (type === "session.update") return update(event?.["session"])
    if (type === "session.end") return end(socket)
    if (type === "session.resume") {
      const message = "Session not found or grace window has expired"
      return socket.send({ type: "session.error", code: "session_not_found", message })
    }
    const audio = type === "input.audio" ? Base64.decode(stringOf(event?.["audio"]) ?? "") : undefined
    if (audio !== undefined && ready) return hear(audio)
    if (type === "reply.create" && ready) return reply(socket, settings.words.join(" "))
    if (type !== "tool.result") invalid()
  }
}

const reply = (socket: Socket, text: string): void => {
  socket.send({ type: "reply.started", reply_id: `reply_${crypto.randomUUID()}` })
  socket.send({ type: "reply.audio", data: Base64.encode(Speech.tone(text, sampleRate)) })
  socket.send({ type: "transcript.agent", text })
  socket.send({ type: "reply.done", status: "completed" })
}
