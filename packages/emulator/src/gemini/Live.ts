/**
 * `BidiGenerateContent` for keys, and `BidiGenerateContentConstrained` for tokens: https://ai.google.dev/api/live (of
 * 2026-06-01, read 2026-11-21).
 *
 * Every upgrade is accepted, and the close frame carries a refusal. A session begins with the setup message, which
 * counts as a use of the token. Messages are binary, as the vendor's client expects in browsers.
 */
import type { Call, Session } from "../Emulator.ts"
import { isObject, type JsonObject, objectOf, parseObject, stringOf } from "../Json.ts"
import type { Socket } from "../Sockets.ts"
import type { Account } from "./Account.ts"
import { type Close, closes } from "./Failures.ts"
import type { Version } from "./Options.ts"
import { effective, type IssuedToken } from "./Tokens.ts"
import * as Turns from "./Turns.ts"

/** Makes the session of one upgrade, for the tokens of a version or for keys. */
export const session = (account: Account, call: Call, version: Version | undefined): Session => {
  const { sockets, settings, tokens } = account
  const caller = version === undefined ? keyOf(account, call) : tokenOf(account, call, version)
  return sockets.session((socket) => {
    const name = "name" in caller ? caller.name : undefined
    let turns: Turns.Turns | undefined
    return {
      opened: () => {
        if ("reason" in caller) return close(socket, caller)
        if (!("name" in caller) || !settings.cutAtExpiry) return
        socket.alarm("expiry", caller.expiresAt - settings.clock.now(), () => close(socket, closes.unauthenticated))
      },
      message: (data) => {
        const message = parseObject(typeof data === "string" ? data : new TextDecoder().decode(data))
        if (message === undefined || !single(message)) return close(socket, closes.invalidArgument)
        const token = name === undefined ? undefined : tokens.usable(name)
        if (name !== undefined && token === undefined) return close(socket, closes.unauthenticated)
        if (turns !== undefined) return turns.take(message) ? undefined : close(socket, closes.invalidArgument)
        const begun = begin(account, socket, message, token)
        if ("reason" in begun) return close(socket, begun)
        turns = begun
      }
    }
  })
}

const close = (socket: Socket, { code, reason }: Close): void => socket.close(code, reason)

const tokenOf = ({ tokens }: Account, call: Call, version: Version): IssuedToken | Close => {
  const [, header] = /^Token (\S+)$/i.exec(call.request.headers.get("authorization") ?? "") ?? []
  const name = call.url.searchParams.get("access_token") ?? header
  if (name === undefined) return closes.unregistered
  const token = tokens.usable(name)
  // The page of 2026-09-17 says that tokens are for one version only; the check by version is inferred from it.
  return token?.version === version ? token : closes.unauthenticated
}

interface Owner {
  readonly owner: true
}

const keyOf = ({ settings }: Account, call: Call): Owner | Close => {
  const key = call.url.searchParams.get("key") ?? call.request.headers.get("x-goog-api-key")
  if (key === null) return closes.unregistered
  return key === settings.apiKey ? { owner: true } : closes.invalidKey
}

const kinds = new Set(["setup", "clientContent", "realtimeInput", "toolResponse"])

const single = (message: JsonObject): boolean => {
  const [kind, ...others] = Object.keys(message)
  return kind !== undefined && kinds.has(kind) && others.length === 0
}

const begin = (account: Account, socket: Socket, message: JsonObject, token: IssuedToken | undefined) => {
  if (!isObject(message.setup)) return closes.invalidArgument
  const setup = token === undefined ? message.setup : effective(token, message.setup)
  if ((stringOf(setup.model) ?? "") === "") return token === undefined ? closes.invalidArgument : closes.withoutModel
  const handle = stringOf(objectOf(message.setup.sessionResumption).handle)
  if (token !== undefined && !account.tokens.begin(token.name, handle)) return closes.unauthenticated
  account.setups.push(setup)
  const resumable = isObject(setup.sessionResumption) ? () => account.tokens.handle(token?.name ?? "") : undefined
  return Turns.make(socket, account.settings.words, setup, resumable)
}
