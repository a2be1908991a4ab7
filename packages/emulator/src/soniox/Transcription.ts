/** `/transcribe-websocket`: https://soniox.com/docs/api-reference/stt/websocket-api (read 2026-10-10). */
import type { Call, Session } from "../Emulator.ts"
import type { Account } from "./Account.ts"
import { type Failure, invalid, isFailure, streamError, streamFailures } from "./Failures.ts"
import { type JsonObject, parseObject } from "../Json.ts"
import * as Socket from "./Socket.ts"
import * as StartRequest from "./StartRequest.ts"
import * as Transcript from "./Transcript.ts"
import { stt, type Stream } from "./Usage.ts"

// https://soniox.com/docs/guides/websocket-authentication (read 2026-10-10).
const longestWait = 40_000
const longestPause = 20_000

// https://soniox.com/docs/stt/rt/limits-and-quotas (read 2026-11-21): 300 minutes.
const longestStream = 300 * 60_000

interface Active {
  readonly stream: Stream
  readonly transcript: Transcript.Transcript
}

/** Makes the session of one upgrade. */
export const session = (account: Account, call: Call): Session =>
  Socket.session(account, call, stt, (socket) => {
    let active: Active | undefined
    return {
      opened: () => socket.alarm("idle", longestWait, () => socket.close(1001)),
      message: (data) => {
        if (active !== undefined) return proceed(socket, active, data)
        const started = start(account, socket, data)
        if (started === undefined) return
        if (isFailure(started)) return socket.fail(started)
        active = started
        socket.alarm("idle", longestPause, () =>
          socket.fail(timeout("Timed out while waiting for the first audio chunk"))
        )
        socket.alarm("stream", longestStream, () => socket.fail(streamFailures.max_duration_reached))
      },
      ended: () => active?.stream.end(),
      errorFrame: (failure) => ({ tokens: [], ...streamError(failure) })
    }
  })

const timeout = (message: string): Failure => ({ ...streamFailures.request_timeout, message })

const start = (account: Account, socket: Socket.Socket, data: string | Uint8Array): Active | Failure | undefined => {
  if (typeof data !== "string") return invalid("Start request must be a text message.")
  const fields = parseObject(data)
  if (fields === undefined) return StartRequest.malformed
  if (fields.type === "keepalive") {
    socket.alarm("idle", longestWait, () => socket.close(1001))
    return undefined
  }
  const key = fields.api_key ?? undefined
  if (key !== undefined && typeof key !== "string") return StartRequest.malformed
  const grant = socket.admit(key)
  if (isFailure(grant)) return grant
  const request = StartRequest.read(fields)
  if (isFailure(request)) return request
  const stream = socket.begin(grant, request.model, request.clientReferenceId)
  if (isFailure(stream)) return stream
  return { stream, transcript: Transcript.make(account.settings.words, request) }
}

const proceed = (socket: Socket.Socket, { stream, transcript }: Active, data: string | Uint8Array): void => {
  if (data === "") return finish(socket, stream, transcript)
  const message = typeof data === "string" ? readText(data) : data
  if (message === undefined) return socket.fail(invalid("Control request body is not valid JSON."))
  if (message instanceof Uint8Array) {
    // An empty audio message does not extend the time limit.
    if (message.length === 0) return
    const frame = transcript.hear(message)
    if (frame !== undefined) socket.send(frame)
  } else if (message.type === "finalize") {
    const frame = transcript.settle()
    socket.send({ ...frame, tokens: [...frame.tokens, Transcript.mark("<fin>")] })
  } else if (message.type !== "keepalive") {
    return socket.fail(invalid('Control request type is invalid. Valid values: "finalize", "keepalive".'))
  }
  socket.alarm("idle", longestPause, () => socket.fail(streamFailures.request_timeout))
}

const finish = (socket: Socket.Socket, stream: Stream, transcript: Transcript.Transcript): void => {
  if (!transcript.heard()) return socket.fail(invalid("No audio received."))
  const frame = transcript.settle()
  if (frame.tokens.length > 0) socket.send(frame)
  socket.send({ ...frame, tokens: [], finished: true })
  stream.end({ inputMilliseconds: transcript.milliseconds() })
  socket.close(1000)
}

// Reads a text message: a control request, or audio in base64.
const readText = (text: string): JsonObject | Uint8Array | undefined => parseObject(text) ?? decodeBase64(text)

const decodeBase64 = (text: string): Uint8Array | undefined =>
  /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0
    ? Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
    : undefined
