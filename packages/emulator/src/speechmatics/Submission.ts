/**
 * Job submission: the multipart body of POST /v2/jobs.
 *
 * https://docs.speechmatics.com/api-ref/batch/create-a-new-job (read 2026-11-21)
 */
import type { Call } from "../Emulator.ts"
import * as Speech from "../Speech.ts"
import { failure } from "./Http.ts"
import type { Submission } from "./Jobs.ts"
import { objectOf, parseObject, stringOf, type JsonObject } from "../Json.ts"

/** Reads a submission, or returns its refusal. */
export const read = async (call: Call): Promise<Submission | Response> => {
  const form = await formOf(call)
  if (form === undefined) return failure(400, "Malformed request")
  const config = parseObject(await textOf(form.get("config")))
  if (config === undefined || config["type"] !== "transcription") {
    return failure(400, "Job rejected", "Job config JSON is invalid")
  }
  if (stringOf(objectOf(config["transcription_config"])["language"]) === undefined) {
    return failure(400, "No language selected")
  }
  const file = form.get("data_file")
  if (file instanceof File) {
    const data = new Uint8Array(await file.arrayBuffer())
    return { config, fileName: file.name, contentType: file.type || "application/octet-stream", data }
  }
  return fetched(config) ?? failure(400, "Missing data_file")
}

const formOf = async (call: Call): Promise<FormData | undefined> => {
  const headers = { "content-type": call.request.headers.get("content-type") ?? "" }
  try {
    return await new Response(call.body.slice(), { headers }).formData()
  } catch {
    return undefined
  }
}

// Some clients send the config as a file part.
const textOf = async (part: FormDataEntryValue | null): Promise<string> =>
  part instanceof File ? part.text() : (part ?? "")

// Makes a tone as long as the address; nothing is fetched.
const fetched = (config: JsonObject): Submission | undefined => {
  const address = stringOf(objectOf(config["fetch_data"])["url"])
  if (address === undefined || !URL.canParse(address)) return undefined
  const fileName = new URL(address).pathname.split("/").at(-1) ?? ""
  const data = Speech.wav(Speech.tone(address, sampleRate), sampleRate)
  return { config, fileName, contentType: "audio/wav", data }
}

const sampleRate = 16_000
