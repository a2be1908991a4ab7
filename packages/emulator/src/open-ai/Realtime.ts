/**
 * `/v1/realtime`: https://developers.openai.com/api/docs/guides/realtime-websocket (read 2026-11-21). A bad credential
 * or model is refused after the upgrade. Two credentials at once are refused before it:
 * https://github.com/vercel/ai/pull/17069. Its status is not published, and neither is the close code 1001 at the limit
 * of a session.
 */
import * as Base64 from "../Base64.ts"
import type { Call, Session } from "../Emulator.ts"
import { objectOf, parseObject, stringOf, type JsonObject } from "../Json.ts"
import * as Sockets from "../Sockets.ts"
import type { Account } from "./Account.ts"
import * as Failures from "./Failures.ts"
import type { Failure } from "./Failures.ts"
import * as Responses from "./Responses.ts"
import { bearer, type Caller } from "./Secrets.ts"
import * as Sessions from "./Sessions.ts"

const keyPrefix = "openai-insecure-api-key."
const protocol = "realtime"

/** Opens a session, or refuses it before or after the upgrade. */
export const connect = (account: Account, call: Call): Response | Session => {
  const offered = Sockets.protocolsOf(call.request.headers)
  const inProtocols = offered.find((entry) => entry.startsWith(keyPrefix))?.slice(keyPrefix.length)
  const inHeader = bearer(call)
  if (inProtocols !== undefined && inHeader !== undefined) return Failures.refuse(Failures.sessionFailures.twoKeys)
  const caller = account.secrets.verify(inProtocols ?? inHeader)
  const opening = Failures.isFailure(caller) ? caller : begin(account, call, caller)
  return account.sockets.session(
    (socket) => (Failures.isFailure(opening) ? refused(socket, opening) : converse(account, socket, opening)),
    offered.includes(protocol) ? protocol : undefined
  )
}

const begin = (account: Account, { request, url }: Call, caller: Caller): Sessions.SessionConfig | Failure => {
  if (request.headers.has("openai-beta")) return Failures.sessionFailures.betaShape
  const wanted = url.searchParams.get("model")
  const bound = caller.secret?.session
  const transcribes = url.searchParams.get("intent") === "transcription" || bound?.type === "transcription"
  const model = wanted ?? bound?.model
  if (model === undefined && !transcribes) return Failures.sessionFailures.missingModel
  if (model !== undefined && !/realtime|audio|transcribe|whisper/.test(model)) return Failures.invalidModel(model)
  const refusal = account.refusals.shift()
  if (refusal !== undefined) return refusal
  account.secrets.opened(caller)
  const asked = { ...bound?.fields, ...(model === undefined ? {} : { model }) }
  return Sessions.of(transcribes ? "transcription" : "realtime", asked)
}

const refused = (socket: Sockets.Socket, failure: Failure): Sockets.Handlers => ({
  opened: () => fail(socket, failure, failure.status === 401 ? 3000 : 4000),
  message: () => {}
})

const fail = (socket: Sockets.Socket, failure: Failure, code: number): void => {
  socket.send(Failures.eventOf(failure))
  socket.close(code, Failures.reasonOf(failure))
}

const converse = ({ settings }: Account, socket: Sockets.Socket, opened: Sessions.SessionConfig): Sockets.Handlers => {
  const expiresAt = Math.floor((settings.clock.now() + settings.sessionLimit) / 1000)
  const audio = Responses.input(settings.words)
  let session = opened
  const send = (type: string, fields: object = {}) =>
    socket.send({ type, event_id: Failures.identifier("event"), ...fields })
  const handlers: Readonly<Record<string, (event: JsonObject) => void>> = {
    "session.update": (event) => {
      session = Sessions.update(session, event["session"])
      send("session.updated", { session: Sessions.write(session, expiresAt) })
    },
    "input_audio_buffer.append": (event) => audio.append(Base64.decode(stringOf(event["audio"]) ?? "")),
    "input_audio_buffer.clear": () => {
      audio.take()
      send("input_audio_buffer.cleared")
    },
    "input_audio_buffer.commit": () => Responses.commit(send, audio.take(), session.type === "transcription"),
    "conversation.item.create": (event) => Responses.addItem(send, objectOf(event["item"])),
    "response.create": () => Responses.respond(send)
  }
  return {
    opened: () => {
      socket.alarm("limit", settings.sessionLimit, () => fail(socket, Failures.sessionFailures.expired, 1001))
      send("session.created", { session: Sessions.write(session, expiresAt) })
    },
    message: (data) => {
      if (typeof data !== "string") return socket.send(Failures.eventOf(Failures.sessionFailures.binary))
      const event = parseObject(data)
      if (event === undefined) return socket.send(Failures.eventOf(Failures.sessionFailures.notJson))
      const type = stringOf(event["type"]) ?? ""
      const handler = Object.hasOwn(handlers, type) ? handlers[type] : undefined
      if (handler !== undefined) return handler(event)
      const failure = Failures.invalidValue("type", type, Object.keys(handlers))
      socket.send(Failures.eventOf(failure, stringOf(event["event_id"])))
    }
  }
}
