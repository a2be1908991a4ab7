/**
 * Authentication: a long-lived key has the scheme `token`, a temporary token the scheme `bearer`. Both are accepted in
 * the header or as a pair of subprotocols, and refused under the other's scheme.
 *
 * https://developers.deepgram.com/docs/using-the-sec-websocket-protocol and
 * https://github.com/deepgram/deepgram-js-sdk/issues/392 (read 2026-11-21); the refusal of a key under `bearer` is
 * inferred, and so is the precedence of the header.
 */
import type { Call, Session } from "../Emulator.ts"
import * as Sockets from "../Sockets.ts"
import { type Failure, failures, refuse } from "./Failures.ts"
import type { Settings } from "./Options.ts"
import type { Tokens } from "./Tokens.ts"

/** The state of one emulator. */
export interface Account {
  readonly settings: Settings
  readonly tokens: Tokens
  readonly sockets: Sockets.Sockets
}

/** A credential and its scheme. */
export interface Credential {
  readonly scheme: "token" | "bearer"
  readonly value: string
  /** The subprotocol of the response, for a credential among the subprotocols. */
  readonly protocol: string | undefined
}

/** Reads the credential of a request or an upgrade. */
export const credentialOf = (headers: Headers): Credential | undefined => {
  const [, scheme = "", value = ""] = /^(\w+) +(\S+)$/.exec(headers.get("authorization") ?? "") ?? []
  const named = schemes.find((name) => name === scheme.toLowerCase())
  if (named !== undefined) return { scheme: named, value, protocol: undefined }
  const offered = Sockets.protocolsOf(headers)
  const protocol = schemes.find((name) => offered.includes(name))
  if (protocol === undefined) return undefined
  return { scheme: protocol, value: offered[offered.indexOf(protocol) + 1] ?? "", protocol }
}

const schemes = ["token", "bearer"] as const

/** Admits a request or an upgrade, or refuses it. */
export const admit = ({ settings, tokens }: Account, call: Call): Credential | Failure => {
  const credential = credentialOf(call.request.headers)
  if (credential === undefined) return failures.invalid_auth
  const { scheme, value } = credential
  const good = scheme === "token" ? value === settings.apiKey : tokens.use(value)
  return good ? credential : failures.invalid_auth
}

/** Opens a WebSocket with these handlers, or refuses before the upgrade. */
export const connect = (
  account: Account,
  call: Call,
  handlers: Failure | ((socket: Sockets.Socket) => Sockets.Handlers)
): Response | Session => {
  const admitted = admit(account, call)
  if ("status" in admitted) return refuse(admitted)
  if (account.sockets.size() >= account.settings.connections) return refuse(failures.too_many_requests)
  return typeof handlers === "function" ? account.sockets.session(handlers, admitted.protocol) : refuse(handlers)
}
