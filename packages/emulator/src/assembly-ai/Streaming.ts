/**
 * `/v3/ws`: https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures and
 * https://github.com/AssemblyAI/assemblyai-api-spec/blob/main/usm-streaming.yml (read 2026-11-21). Every upgrade is
 * accepted, and errors follow it. The vendor refuses audio that is faster than real time; the emulator does not. A
 * refused session does not spend its token here; the vendor does not document it.
 */
import type { Call, Session } from "../Emulator.ts"
import { isObject, parse, stringOf } from "../Json.ts"
import type { Socket, Handlers } from "../Sockets.ts"
import * as Audio from "../Audio.ts"
import type { Account } from "./Account.ts"
import * as Failures from "./Failures.ts"
import type { SessionEnd } from "./Failures.ts"
import * as Turns from "./Turns.ts"

const longestSession = 10_800
const shortestChunk = 50
const longestChunk = 1000

/** Makes the session of one upgrade. */
export const connect = (account: Account, call: Call): Session =>
  account.streaming.session((socket) => {
    const fail = ({ code, reason }: SessionEnd) => {
      if (account.settings.failures === "message") socket.send({ type: "Error", error_code: code, error: reason })
      socket.close(code, Failures.closeReason(reason))
    }
    const format = formatOf(call)
    const turns = Turns.make(account.settings.words, format, call.url.searchParams.get("format_turns") === "true")
    const startedAt = account.settings.clock.now()
    return {
      opened: () => {
        const longest = admit(account, call)
        if (typeof longest !== "number") return fail(longest)
        socket.alarm("session", longest * 1000, () => fail(Failures.sessionEnds.session_expired))
        const expiresAt = Math.floor(startedAt / 1000) + longest
        socket.send({ type: "Begin", id: crypto.randomUUID(), expires_at: expiresAt })
      },
      message: conversation(account, socket, turns, format, fail)
    }
  })

/** Returns the seconds that the session may last, or its refusal. */
const admit = ({ refusals, settings, streaming, tokens }: Account, call: Call): number | SessionEnd => {
  const owned = call.request.headers.get("authorization") === settings.apiKey
  const token = tokens.find(call.url.searchParams.get("token"), "streaming", call.region)
  if (!owned && token === undefined) return Failures.sessionEnds.unauthorized
  // The number includes the session that is being admitted.
  const full = streaming.size() > settings.concurrentSessions
  const refusal = full ? Failures.sessionEnds.too_many_sessions : refusals.shift()
  if (refusal !== undefined) return refusal
  tokens.spend(token)
  return token?.maxSessionSeconds ?? longestSession
}

const conversation = (
  { settings }: Account,
  socket: Socket,
  turns: Turns.Turns,
  format: Audio.Format,
  fail: (end: SessionEnd) => void
): Handlers["message"] => {
  const startedAt = settings.clock.now()
  const tell = (messages: ReadonlyArray<object>) => messages.forEach(socket.send)
  const terminate = () => {
    tell(turns.end())
    socket.send({
      type: "Termination",
      audio_duration_seconds: Math.round(turns.milliseconds() / 1000),
      session_duration_seconds: Math.round((settings.clock.now() - startedAt) / 1000)
    })
    socket.close(1000)
  }
  return (data) => {
    if (typeof data !== "string") {
      const duration = durationOf(data, format)
      const right = duration === undefined || (duration >= shortestChunk && duration <= longestChunk)
      return right ? tell(turns.hear(data)) : fail(Failures.wrongDuration(duration))
    }
    const message = parse(data)
    if (message === undefined) return fail(Failures.invalidMessage("JSON", data))
    if (!isObject(message)) return fail(Failures.invalidMessage("Message", data))
    const type = stringOf(message["type"]) ?? ""
    if (type === "Terminate") return terminate()
    if (type === "ForceEndpoint") return tell(turns.end())
    if (type !== "UpdateConfiguration" && type !== "KeepAlive") fail(Failures.invalidMessage("Message Type", type))
  }
}

const formatOf = ({ url }: Call): Audio.Format => {
  const encoding = url.searchParams.get("encoding") ?? "pcm_s16le"
  const sampleRate = Number(url.searchParams.get("sample_rate")) || 16_000
  return Audio.isEncoding(encoding) ? { encoding, sampleRate, channels: 1 } : "file"
}

// The length is known for raw samples only.
const durationOf = (audio: Uint8Array, format: Audio.Format): number | undefined => {
  if (format === "file") return undefined
  const meter = Audio.meter(format)
  meter.add(audio)
  return meter.milliseconds()
}
