/**
 * Text to speech: a tone as long as the text would take to say.
 *
 * https://docs.speechmatics.com/text-to-speech/quickstart (read 2026-11-21); its errors are not documented, and have
 * the shape of the batch API's.
 */
import type { Call } from "../Emulator.ts"
import * as Speech from "../Speech.ts"
import { bearer, failure, permissionDenied } from "./Http.ts"
import { parseObject, stringOf } from "../Json.ts"
import type { Workspace } from "./Workspace.ts"

/** The route of text to speech. */
export const speakRoute = "POST /generate/:voice"

/** Makes the route. */
export const routes = (workspace: Workspace) => ({
  [speakRoute]: (call: Call): Response => {
    if (workspace.access(bearer(call.request), "tts", call.region) === undefined) return permissionDenied()
    if (!voices.has(call.params["voice"] ?? "")) return failure(404, "Not Found")
    const text = stringOf(parseObject(call.text)?.["text"]) ?? ""
    if (text === "") return failure(400, "Bad Request")
    const samples = Speech.tone(text, sampleRate)
    const format = call.url.searchParams.get("output_format") ?? "wav_16000"
    if (format === "pcm_16000") return new Response(samples, { headers: { "content-type": "audio/pcm" } })
    if (format !== "wav_16000") return failure(400, "Format Not Supported")
    return new Response(Speech.wav(samples, sampleRate), { headers: { "content-type": "audio/wav" } })
  }
})

const voices: ReadonlySet<string> = new Set(["sarah", "theo", "megan", "jack"])
const sampleRate = 16_000
