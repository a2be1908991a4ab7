/**
 * `POST /v1/auth/grant`: https://developers.deepgram.com/reference/auth/tokens/grant (read 2026-11-21). The refusal of
 * a ttl out of range is not published; here it is that of JSON that does not deserialize.
 */
import type { Call } from "../Emulator.ts"
import { parseObject } from "../Json.ts"
import { type Account, credentialOf } from "./Account.ts"
import { badCredentials, type Failure, failures, invalidJson, refuse } from "./Failures.ts"
import type { Settings } from "./Options.ts"

const defaultTtl = 30
const longestTtl = 3600

/** Grants a temporary token, or refuses. */
export const grant = async ({ settings, tokens }: Account, call: Call): Promise<Response> => {
  const refusal = refusalOf(settings, call, tokens.use)
  if (refusal !== undefined) return refuse(refusal)
  const ttl = readTtl(settings, call.text)
  if (typeof ttl !== "number") return refuse(ttl)
  const { token } = await tokens.grant(ttl)
  const body = { access_token: token, ...(settings.expiresIn ? { expires_in: ttl } : {}) }
  return Response.json(body, { headers: { "dg-request-id": crypto.randomUUID() } })
}

const refusalOf = (settings: Settings, call: Call, use: (token: string) => boolean): Failure | undefined => {
  const { scheme, value = "" } = credentialOf(call.request.headers) ?? {}
  if (scheme === "token" && value === settings.apiKey) {
    if (settings.member) return undefined
    return settings.notMemberStatus === 403 ? failures.forbidden : failures.insufficient_permissions
  }
  // A temporary token cannot grant another one.
  if (scheme === "bearer" && use(value)) return failures.forbidden
  return settings.wrongKeyStatus === 400 ? badCredentials : failures.invalid_auth
}

const readTtl = (settings: Settings, text: string): number | Failure => {
  if (text.trim() === "") return defaultTtl
  const body = parseObject(text)
  if (body === undefined) return invalidJson("expected value at line 1 column 1")
  const ttl = body["ttl_seconds"] ?? defaultTtl
  if (typeof ttl !== "number") return invalidJson("ttl_seconds: invalid type, expected a number")
  if (settings.wholeTtl && !Number.isInteger(ttl)) {
    return invalidJson("ttl_seconds: invalid type, expected an integer")
  }
  if (ttl < 1 || ttl > longestTtl) {
    return invalidJson(`ttl_seconds: invalid value, expected a number from 1 to ${longestTtl}`)
  }
  return ttl
}
