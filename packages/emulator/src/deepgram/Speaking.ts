/**
 * `/v1/speak`, as a WebSocket and in one request:
 * https://developers.deepgram.com/reference/text-to-speech/speak-streaming and
 * https://developers.deepgram.com/docs/errors (read 2026-11-21). The audio is linear16 for every requested encoding.
 */
import type { Call, Session } from "../Emulator.ts"
import { parseObject, stringOf } from "../Json.ts"
import type { Socket, Handlers } from "../Sockets.ts"
import * as Speech from "../Speech.ts"
import { type Account, admit, connect } from "./Account.ts"
import { refuse } from "./Failures.ts"

/** Opens text to speech, or refuses before the upgrade. */
export const stream = (account: Account, call: Call): Response | Session =>
  connect(account, call, (socket) => speak(socket, call))

const speak = (socket: Socket, call: Call): Handlers => {
  let texts: Array<string> = []
  let sequence_id = 0
  const flush = () => {
    for (const text of texts) socket.sendBytes(Speech.tone(text, sampleRateOf(call)))
    texts = []
  }
  return {
    opened: () =>
      socket.send({
        type: "Metadata",
        request_id: crypto.randomUUID(),
        model_name: modelOf(call),
        model_version: "2026-11-21.0",
        model_uuid: "ecb76e9d-f2db-4127-8060-79b05590d22f"
      }),
    message: (data) => {
      const message = typeof data === "string" ? parseObject(data) : undefined
      if (message?.["type"] === "Speak") texts.push(stringOf(message["text"]) ?? "")
      if (message?.["type"] === "Flush") {
        flush()
        socket.send({ type: "Flushed", sequence_id: sequence_id++ })
      }
      if (message?.["type"] === "Clear") {
        texts = []
        socket.send({ type: "Cleared", sequence_id: sequence_id++ })
      }
      if (message?.["type"] === "Close") {
        flush()
        socket.close(1000)
      }
    }
  }
}

/** Speaks the text of one request, as a RIFF/WAVE file, or as raw samples with `container=none`. */
export const speakOnce = (account: Account, call: Call): Response => {
  const admitted = admit(account, call)
  if ("status" in admitted) return refuse(admitted)
  const text = stringOf(parseObject(call.text)?.["text"])
  if (text === undefined) return refuse(notText)
  if (text === "") return refuse(noCharacters)
  const samples = Speech.tone(text, sampleRateOf(call))
  const bare = call.url.searchParams.get("container") === "none"
  return new Response(bare ? samples : Speech.wav(samples, sampleRateOf(call)), {
    headers: {
      "content-type": bare ? "audio/l16" : "audio/wav",
      "dg-request-id": crypto.randomUUID(),
      "dg-model-name": modelOf(call),
      "dg-char-count": String(text.length)
    }
  })
}

const notText = {
  status: 400,
  code: "PAYLOAD_ERROR",
  message: "Failed to deserialize JSON payload. Please specify exactly one of `text` or `url` in the JSON body."
}

const noCharacters = { status: 400, code: "Bad Request", message: "Input text contains no characters." }

const sampleRateOf = ({ url }: Call): number => Number(url.searchParams.get("sample_rate")) || 24_000

const modelOf = ({ url }: Call): string => url.searchParams.get("model") ?? "aura-asteria-en"
