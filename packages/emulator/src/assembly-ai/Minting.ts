/**
 * `GET /v3/token` and `GET /v1/token`:
 * https://www.assemblyai.com/docs/api-reference/streaming-api/generate-streaming-token and
 * https://www.assemblyai.com/docs/api-reference/specs/voice-agent-token.yaml (read 2026-11-21).
 */
import type { Call } from "../Emulator.ts"
import { mintFailures, refuse } from "./Failures.ts"
import type { Settings } from "./Options.ts"
import type { Product, Tokens } from "./Tokens.ts"

const longestSession = 10_800

/** Mints a token for a product, or refuses. */
export const mint = (settings: Settings, tokens: Tokens, call: Call, product: Product): Response => {
  if (!owns(settings, call, product)) return refuse(mintFailures.unauthorized)
  const expiresIn = read(call, "expires_in_seconds", 1, 600)
  if (expiresIn === undefined) return refuse({ status: 400, error: "expires_in_seconds is required" })
  if (typeof expiresIn === "string") return refuse({ status: 400, error: expiresIn })
  const maxSessionSeconds = read(call, "max_session_duration_seconds", 60, longestSession) ?? longestSession
  if (typeof maxSessionSeconds === "string") return refuse({ status: 400, error: maxSessionSeconds })
  const expiresAt = settings.clock.now() + expiresIn * 1000
  const { token } = tokens.issue({ product, region: call.region, expiresAt, maxSessionSeconds })
  return Response.json({ token, expires_in_seconds: expiresIn })
}

// Both products accept the raw key. Only the pages of the agents show it as a bearer token too.
const owns = ({ apiKey }: Settings, { request }: Call, product: Product): boolean => {
  const header = request.headers.get("authorization") ?? ""
  return header === apiKey || (product === "agent" && header.replace(/^Bearer +/i, "") === apiKey)
}

const read = ({ url }: Call, name: string, minimum: number, maximum: number): number | string | undefined => {
  const given = url.searchParams.get(name)
  if (given === null) return undefined
  const value = Number(given)
  if (!/^-?\d+$/.test(given)) return `${name} must be an integer`
  return value >= minimum && value <= maximum ? value : `${name} must be between ${minimum} and ${maximum}`
}
