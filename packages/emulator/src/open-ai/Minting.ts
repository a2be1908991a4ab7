/**
 * `POST /v1/realtime/client_secrets`, and the route for translations:
 * https://developers.openai.com/api/reference/resources/realtime (read 2026-11-21) and the types of `openai` 7.57.0.
 */
import type { Call } from "../Emulator.ts"
import { isObject, parseObject } from "../Json.ts"
import * as Failures from "./Failures.ts"
import type { Failure } from "./Failures.ts"
import type { Settings } from "./Options.ts"
import { bearer, type Secrets } from "./Secrets.ts"
import * as Sessions from "./Sessions.ts"

const defaultSeconds = 600
const fewestSeconds = 10
const mostSeconds = 7200

/** Mints a client secret, or refuses. */
export const mint = (
  settings: Settings,
  secrets: Secrets,
  call: Call,
  endpoint: "realtime" | "translations"
): Response => {
  const key = bearer(call)
  if (key !== settings.apiKey) return Failures.refuse(key === undefined ? Failures.missingKey : Failures.wrongKey(key))
  const body = call.text.trim() === "" ? {} : parseObject(call.text)
  if (body === undefined) return Failures.refuse(Failures.notJson)
  const unknown = Object.keys(body).find((name) => name !== "expires_after" && name !== "session")
  if (unknown !== undefined) return Failures.refuse(Failures.unknownParameter(unknown))
  const seconds = readSeconds(settings, body["expires_after"])
  if (typeof seconds !== "number") return Failures.refuse(seconds)
  const session = Sessions.read(body["session"], endpoint)
  if (Failures.isFailure(session)) return Failures.refuse(session)
  const expiresAt = Math.floor(settings.clock.now() / 1000) + seconds
  const { secret } = secrets.issue({
    expiresAt: expiresAt * 1000,
    session,
    safetyIdentifier: call.request.headers.get("openai-safety-identifier") ?? undefined
  })
  const written = Sessions.write(session, endpoint === "realtime" ? 0 : expiresAt)
  const headers = { "x-request-id": Failures.requestId() }
  return Response.json({ value: secret, expires_at: expiresAt, session: written }, { headers })
}

const readSeconds = (settings: Settings, expiry: unknown): number | Failure => {
  if (expiry === undefined || expiry === null) return defaultSeconds
  if (!isObject(expiry)) return Failures.wrongType("expires_after", "an object")
  const { anchor, seconds = defaultSeconds } = expiry
  if (anchor === undefined && settings.anchorRequired) return Failures.missingParameter("expires_after.anchor")
  if (anchor !== undefined && anchor !== "created_at") {
    return Failures.invalidValue("expires_after.anchor", anchor, ["created_at"])
  }
  const param = "expires_after.seconds"
  if (typeof seconds !== "number" || !Number.isInteger(seconds)) return Failures.wrongType(param, "an integer")
  const within = seconds >= fewestSeconds && seconds <= mostSeconds
  return within ? seconds : Failures.outOfRange(param, seconds, fewestSeconds, mostSeconds)
}
