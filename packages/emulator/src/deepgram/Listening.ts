/**
 * `/v1/listen`, as a WebSocket and in one request:
 * https://developers.deepgram.com/reference/speech-to-text/listen-streaming and
 * https://developers.deepgram.com/docs/stt-troubleshooting-websocket-data-and-net-errors (read 2026-11-21). The hash of
 * the audio is not computed. Of the optional features, only interim results are emulated.
 */
import type { Call, Session } from "../Emulator.ts"
import { parseObject } from "../Json.ts"
import type { Socket, Handlers } from "../Sockets.ts"
import { type Account, admit, connect } from "./Account.ts"
import { refuse } from "./Failures.ts"
import * as Transcript from "./Transcript.ts"

const longestSilence = 10_000
const modelId = "6b28e919-8427-4f32-9847-492e2efd7daf"

/** Opens a transcription, or refuses before the upgrade. */
export const stream = (account: Account, call: Call): Response | Session => {
  const query = Transcript.readQuery(call)
  return connect(account, call, "status" in query ? query : (socket) => transcribe(account, socket, query))
}

const transcribe = ({ settings }: Account, socket: Socket, query: Transcript.Query): Handlers => {
  const transcript = Transcript.make(settings.words, query)
  const requestId = crypto.randomUUID()
  const created = new Date(settings.clock.now()).toISOString()
  let heard = false
  const waitOn = () => socket.alarm("silence", longestSilence, () => socket.close(1011, "NET-0001"))
  const tell = (segments: ReadonlyArray<Transcript.Segment>, extra: object = {}) => {
    for (const segment of segments) socket.send({ ...resultOf(segment, query, requestId), ...extra })
  }
  const finish = () => {
    tell(transcript.flush())
    socket.send({ type: "Metadata", ...metadataOf(query, requestId, created, transcript.seconds()) })
    socket.close(1000)
  }
  return {
    opened: waitOn,
    message: (data) => {
      if (typeof data !== "string") {
        // An empty binary message ends the stream.
        if (data.length === 0) return finish()
        heard = true
        waitOn()
        return tell(transcript.hear(data))
      }
      const type = parseObject(data)?.["type"]
      // Before the first audio, only audio keeps a stream alive.
      if (heard) waitOn()
      if (type === "Finalize") tell(transcript.flush(), { from_finalize: true })
      if (type === "CloseStream") finish()
    }
  }
}

const resultOf = ({ isFinal, speechFinal, words }: Transcript.Segment, query: Transcript.Query, requestId: string) => {
  const start = (words[0]?.startMilliseconds ?? 0) / 1000
  const end = (words.at(-1)?.endMilliseconds ?? 0) / 1000
  return {
    type: "Results",
    channel_index: [0, query.channels],
    duration: end - start,
    start,
    is_final: isFinal,
    speech_final: speechFinal,
    channel: { alternatives: [Transcript.alternativeOf(words)] },
    metadata: { request_id: requestId, model_info: modelInfo(query.model), model_uuid: modelId },
    from_finalize: false
  }
}

const modelInfo = (name: string) => ({ name, version: "2026-11-21.0", arch: "emulated" })

const metadataOf = ({ channels }: Transcript.Query, request_id: string, created: string, duration: number) => ({
  transaction_key: "deprecated",
  request_id,
  sha256: "0".repeat(64),
  created,
  duration,
  channels
})

/** Transcribes the audio of one request. */
export const transcribeOnce = (account: Account, call: Call): Response => {
  const admitted = admit(account, call)
  if ("status" in admitted) return refuse(admitted)
  if (/^application\/json\b/i.test(call.request.headers.get("content-type") ?? "")) return refuse(noDownloads)
  const query = Transcript.readQuery(call)
  if ("status" in query) return refuse(query)
  const { clock, words } = account.settings
  const transcript = Transcript.make(words, query)
  const segments = [...transcript.hear(call.body), ...transcript.flush()].filter(({ isFinal }) => isFinal)
  const requestId = crypto.randomUUID()
  const created = new Date(clock.now()).toISOString()
  const metadata = {
    ...metadataOf(query, requestId, created, transcript.seconds()),
    models: [modelId],
    model_info: { [modelId]: modelInfo(query.model) }
  }
  const alternative = Transcript.alternativeOf(segments.flatMap((segment) => segment.words))
  const results = { channels: [{ alternatives: [alternative] }] }
  return Response.json({ metadata, results }, { headers: { "dg-request-id": requestId } })
}

const noDownloads = {
  status: 400,
  code: "REMOTE_CONTENT_ERROR",
  message: "URL for media download must be publicly routable."
}
