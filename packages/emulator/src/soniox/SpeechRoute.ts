/** `POST /tts`, one request for one text: https://soniox.com/docs/api-reference/tts/generate_speech (read 2026-11-21). */
import type { Call } from "../Emulator.ts"
import * as Speech from "../Speech.ts"
import { type Account, begin } from "./Account.ts"
import { type Failure, invalid, isFailure, keyFailures, streamError } from "./Failures.ts"
import { bearer } from "./Handshake.ts"
import { parseObject } from "../Json.ts"
import type { Grant } from "./Keys.ts"
import * as SpeechRequest from "./SpeechRequest.ts"
import { tts } from "./Usage.ts"

const longestText = 5000

/** Responds with the audio of a text, or refuses. */
export const speech = (account: Account, call: Call): Response => {
  const result = synthesize(account, call)
  if (!isFailure(result)) return result
  const error = streamError(result)
  const headers = { ...anyOrigin, "x-request-id": error.request_id }
  return Response.json(error, { status: result.status, headers })
}

/** Allows requests from web pages of any origin, which `@soniox/client` 2.3.0 makes. */
export const preflight = (): Response =>
  new Response(null, {
    status: 204,
    headers: {
      ...anyOrigin,
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "authorization, content-type"
    }
  })

const anyOrigin = { "access-control-allow-origin": "*" }

const synthesize = (account: Account, call: Call): Response | Failure => {
  const grant = authenticate(account, call)
  if (isFailure(grant)) return grant
  const fields = parseObject(call.text)
  if (fields === undefined) return invalid("Control request body is not valid JSON.")
  const request = SpeechRequest.read(fields)
  if (isFailure(request)) return request
  const { text } = fields
  if (typeof text !== "string" || text === "") return SpeechRequest.missingField("text")
  if (text.length > longestText) return invalid(`input text too long (limit: ${longestText} characters)`)
  const { model, audioFormat, sampleRate, clientReferenceId } = request
  const stream = begin(account, grant, { product: tts, region: call.region, model, clientReferenceId })
  if (isFailure(stream)) return stream
  const { samples, milliseconds } = SpeechRequest.speak(text, sampleRate)
  stream.end({ outputMilliseconds: milliseconds })
  return new Response(audioFormat === "wav" ? Speech.wav(samples, sampleRate) : samples, {
    headers: {
      ...anyOrigin,
      "content-type": audioFormat === "wav" ? "audio/wav" : "application/octet-stream",
      "x-request-id": crypto.randomUUID()
    }
  })
}

const authenticate = (account: Account, call: Call): Grant | Failure => {
  const header = call.request.headers.get("authorization")
  if (header === null) return keyFailures.missing
  const key = bearer(header)
  return key === undefined ? keyFailures.notBearer : account.keys.verify(key, call.region, tts.usageType)
}
