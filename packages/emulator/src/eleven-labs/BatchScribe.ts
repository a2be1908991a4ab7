/**
 * `POST /v1/speech-to-text`, which accepts a `batch_scribe` token as the query parameter `token`; a form field of that name is ignored.
 * Source: `@elevenlabs/elevenlabs-js` 2.73.0 and https://elevenlabs.io/docs/api-reference/speech-to-text/convert (read 2026-11-30).
 */
import type { Call } from "../Emulator.ts"
import * as Audio from "../Audio.ts"
import type { Account } from "./Account.ts"
import { keyFailures, refuse, unprocessable } from "./Failures.ts"
import { textOf, timed } from "./Formats.ts"
import { unauthorized } from "./Minting.ts"

/** Transcribes a file, or refuses. */
export const transcribe = async (account: Account, call: Call): Promise<Response> => {
  const form = await formOf(call)
  const [file, model] = ["file", "model_id"].map((name) => form?.get(name) ?? undefined)
  const token = call.url.searchParams.get("token")
  if (typeof model !== "string") {
    return unprocessable([{ type: "missing", loc: ["body", "model_id"], msg: "Field required", input: null }])
  }
  const refusal = token === null ? unauthorized(account, call) : unredeemed(account, call, token)
  if (refusal !== undefined) return refusal
  const meter = Audio.meter("file")
  if (file instanceof Blob) meter.add(new Uint8Array(await file.arrayBuffer()))
  const words = Audio.spoken(account.settings.words, meter.milliseconds())
  return Response.json({
    language_code: "eng",
    language_probability: 1,
    text: textOf(words),
    words: timed(words),
    audio_duration_secs: meter.milliseconds() / 1000
  })
}

// The refusal of a spent or expired token is not published; here it is that of an invalid key.
const unredeemed = ({ credentials, settings }: Account, call: Call, token: string): Response | undefined =>
  credentials.redeem(token, "batch_scribe", call.region) === undefined
    ? refuse(keyFailures.invalid, settings)
    : undefined

const formOf = async (call: Call): Promise<FormData | undefined> => {
  const headers = { "content-type": call.request.headers.get("content-type") ?? "" }
  try {
    return await new Response(new Uint8Array(call.body), { headers }).formData()
  } catch {
    return undefined
  }
}
