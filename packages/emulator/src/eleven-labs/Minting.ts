/**
 * `POST /v1/single-use-token/{token_type}`: https://elevenlabs.io/docs/api-reference/tokens/create, and `GET
 * /v1/convai/conversation/get-signed-url`: https://elevenlabs.io/docs/conversational-ai/customization/authentication
 * (both read 2026-11-21).
 *
 * As observed, a request that does not match the schema is refused before the key is checked.
 */
import type { Call } from "../Emulator.ts"
import type { Account } from "./Account.ts"
import { randomText, tokenTypes } from "./Credentials.ts"
import { agentNotFound, type FieldError, keyFailures, refuse, unprocessable } from "./Failures.ts"

/** Refuses a call without the long-lived key of the region's account. */
export const unauthorized = ({ credentials, settings }: Account, call: Call): Response | undefined => {
  const key = call.request.headers.get("xi-api-key")
  if (key === null) return refuse(keyFailures.missing, settings)
  return credentials.owns(key, call.region) ? undefined : refuse(keyFailures.invalid, settings)
}

/** Mints a single-use token for the purpose in the path. */
export const mintToken = (account: Account, call: Call): Response => {
  const input = call.params["token_type"] ?? ""
  const purpose = tokenTypes.find((type) => type === input)
  if (purpose === undefined) {
    const msg = "Input should be 'realtime_scribe', 'batch_scribe' or 'tts_websocket'"
    return unprocessable([{ type: "enum", loc: ["path", "token_type"], msg, input }])
  }
  const refusal = unauthorized(account, call)
  if (refusal !== undefined) return refusal
  return Response.json({ token: account.credentials.issueToken(purpose, call.region).secret })
}

/** Signs the URL of a conversation with an agent, on the host of the request. */
export const signUrl = (account: Account, call: Call): Response => {
  const query = call.url.searchParams
  const agentId = query.get("agent_id")
  const single = flag(query.get("include_conversation_id") ?? "false")
  const errors = [...(agentId === null ? [missingAgent] : []), ...(typeof single === "boolean" ? [] : [single])]
  if (agentId === null || errors.length > 0) return unprocessable(errors)
  const refusal = unauthorized(account, call)
  if (refusal !== undefined) return refusal
  if (account.settings.agents?.includes(agentId) === false) return refuse(agentNotFound(agentId), account.settings)
  const conversationId = single === true ? `conv_${randomText()}` : undefined
  const { secret } = account.credentials.sign(
    {
      agentId,
      branchId: query.get("branch_id") ?? undefined,
      versionId: query.get("version_id") ?? undefined,
      environment: query.get("environment") ?? "production",
      conversationId
    },
    call.region
  )
  const signed = new URL("/v1/convai/conversation", call.url.origin.replace(/^http/, "ws"))
  signed.searchParams.set("agent_id", agentId)
  signed.searchParams.set(account.settings.signatureParameter, secret)
  // A requested identifier was observed in the URL, and nowhere else.
  if (conversationId !== undefined) signed.searchParams.set("conversation_id", conversationId)
  return Response.json({ signed_url: signed.href })
}

const missingAgent: FieldError = { type: "missing", loc: ["query", "agent_id"], msg: "Field required", input: null }

const flag = (input: string): boolean | FieldError => {
  if (/^(true|t|yes|y|on|1)$/i.test(input)) return true
  if (/^(false|f|no|n|off|0)$/i.test(input)) return false
  const msg = "Input should be a valid boolean, unable to interpret input"
  return { type: "bool_parsing", loc: ["query", "include_conversation_id"], msg, input }
}
