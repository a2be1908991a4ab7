/** Ephemeral tokens: two deadlines, a number of sessions, and the setup that they hold their sessions to. */
import type { Clock } from "../Emulator.ts"
import { type JsonObject, objectOf } from "../Json.ts"
import type { Version } from "./Options.ts"

/** What a token is to be good for. */
export interface Terms {
  /** The version of the API that minted it, whose socket it opens. */
  readonly version: Version
  /** How many sessions it can start; 0 for any number. */
  readonly uses: number
  /** Milliseconds since the epoch; messages are refused from then on. */
  readonly expiresAt: number
  /** Milliseconds since the epoch; sessions can be resumed after it, and not started. */
  readonly startsUntil: number
  readonly setup: JsonObject | undefined
  /** The fields of the setup that are locked; where there are none and there is a setup, all are. */
  readonly fieldMask: ReadonlyArray<string>
}

/** A token that was minted. */
export interface IssuedToken extends Terms {
  readonly name: string
  /** How many sessions it has started. */
  readonly sessions: number
}

/** All tokens of one emulator. */
export interface Tokens {
  readonly issued: () => ReadonlyArray<IssuedToken>
  readonly issue: (terms: Terms) => IssuedToken
  /** The token of this name, as long as messages may be sent with it. */
  readonly usable: (name: string) => IssuedToken | undefined
  /** Starts a session, or resumes the one of a handle, which counts as none; false where it may not. */
  readonly begin: (name: string, handle: string | undefined) => boolean
  /** A handle to resume the token's session by. */
  readonly handle: (name: string) => string
  readonly expireAll: () => void
}

/** Makes the tokens of an emulator, none of them minted yet. */
export const make = (clock: Clock): Tokens => {
  const issued = new Map<string, IssuedToken>()
  const handles = new Map<string, string>()
  const usable = (name: string): IssuedToken | undefined => {
    const token = issued.get(name)
    return token !== undefined && clock.now() < token.expiresAt ? token : undefined
  }
  return {
    issued: () => [...issued.values()],
    issue: (terms) => {
      const token = { ...terms, name: `auth_tokens/${randomText()}`, sessions: 0 }
      issued.set(token.name, token)
      return token
    },
    usable,
    begin: (name, handle) => {
      const token = usable(name)
      if (token === undefined) return false
      if (handle !== undefined && handles.get(handle) === name) return true
      if (clock.now() >= token.startsUntil || (token.uses > 0 && token.sessions >= token.uses)) return false
      issued.set(name, { ...token, sessions: token.sessions + 1 })
      return true
    },
    handle: (name) => {
      const handle = randomText()
      handles.set(handle, name)
      return handle
    },
    expireAll: () => {
      const now = clock.now()
      for (const [name, token] of issued) issued.set(name, { ...token, expiresAt: now, startsUntil: now })
    }
  }
}

const randomText = (): string => crypto.randomUUID().replaceAll("-", "") + crypto.randomUUID().replaceAll("-", "")

/**
 * The setup that holds for a session: the token's own where all of it is locked, and the client's with the locked fields
 * of the token's where some are. The handle to resume by is always the client's.
 *
 * Source: `fieldMask` of https://ai.google.dev/api/live#AuthToken (of 2026-06-01, read 2026-11-21).
 */
export const effective = ({ fieldMask, setup }: Terms, sent: JsonObject): JsonObject => {
  if (fieldMask.length === 0) return setup ?? sent
  return fieldMask.reduce((result, path) => overwritten(result, setup ?? {}, path.split(".")), sent)
}

const overwritten = (target: JsonObject, source: JsonObject, [name, ...rest]: ReadonlyArray<string>): JsonObject => {
  if (name === undefined) return target
  const { [name]: old, ...others } = target
  const nested = rest.length > 0 && (old !== undefined || source[name] !== undefined)
  const value = nested ? overwritten(objectOf(old), objectOf(source[name]), rest) : source[name]
  return value === undefined ? others : { ...others, [name]: value }
}
