/**
 * Who is let in: a long-lived key under the scheme `token`, a temporary token under the scheme `bearer`, in the header
 * or as a pair of subprotocols, and neither of them under the other's scheme.
 *
 * https://developers.deepgram.com/docs/using-the-sec-websocket-protocol and
 * https://github.com/deepgram/deepgram-js-sdk/issues/392 (read 2026-11-21); that a key under `bearer` is refused is
 * inferred, as is that the header counts where there are both.
 */
import type { Call, Session } from "../Emulator.ts"
import * as Lines from "../Lines.ts"
import { type Failure, failures, refuse } from "./Failures.ts"
import type { Settings } from "./Options.ts"
import type { Tokens } from "./Tokens.ts"

/** The state of one emulator. */
export interface Account {
  readonly settings: Settings
  readonly tokens: Tokens
  readonly lines: Lines.Lines
}

/** A credential and how it was presented. */
export interface Credential {
  readonly scheme: "token" | "bearer"
  readonly value: string
  /** The subprotocol to answer with, where the credential came among the subprotocols. */
  readonly protocol: string | undefined
}

/** Reads the credential of a request or an upgrade. */
export const credentialOf = (headers: Headers): Credential | undefined => {
  const [, scheme = "", value = ""] = /^(\w+) +(\S+)$/.exec(headers.get("authorization") ?? "") ?? []
  const named = schemes.find((name) => name === scheme.toLowerCase())
  if (named !== undefined) return { scheme: named, value, protocol: undefined }
  const offered = Lines.protocolsOf(headers)
  const protocol = schemes.find((name) => offered.includes(name))
  if (protocol === undefined) return undefined
  return { scheme: protocol, value: offered[offered.indexOf(protocol) + 1] ?? "", protocol }
}

const schemes = ["token", "bearer"] as const

/** Lets a request or an upgrade use the account, or says why not. */
export const admit = ({ settings, tokens }: Account, call: Call): Credential | Failure => {
  const credential = credentialOf(call.request.headers)
  if (credential === undefined) return failures.invalid_auth
  const { scheme, value } = credential
  const good = scheme === "token" ? value === settings.apiKey : tokens.use(value)
  return good ? credential : failures.invalid_auth
}

/** Opens a WebSocket for this talk, or refuses before the upgrade; a talk that can't be had is a failure. */
export const connect = (
  account: Account,
  call: Call,
  talk: Failure | ((line: Lines.Line) => Lines.Talk)
): Response | Session => {
  const admitted = admit(account, call)
  if ("status" in admitted) return refuse(admitted)
  if (account.lines.size() >= account.settings.connections) return refuse(failures.too_many_requests)
  return typeof talk === "function" ? account.lines.session(talk, admitted.protocol) : refuse(talk)
}
