/** Ephemeral tokens: two deadlines, a number of sessions, and a locked setup. */
import type { Clock } from "../Emulator.ts"
import { type JsonObject, objectOf } from "../Json.ts"
import type { Version } from "./Options.ts"

/** The terms of a token. */
export interface Terms {
  /** The API version that minted it, and that accepts it. */
  readonly version: Version
  /** The number of sessions that it can start; 0 for any number. */
  readonly uses: number
  /** Milliseconds since the epoch; later messages are refused. */
  readonly expiresAt: number
  /** Milliseconds since the epoch; sessions can be resumed after it, but not started. */
  readonly startsUntil: number
  readonly setup: JsonObject | undefined
  /** The locked fields of the setup. If it is empty and there is a setup, all fields are locked. */
  readonly fieldMask: ReadonlyArray<string>
}

/** A minted token. */
export interface IssuedToken extends Terms {
  readonly name: string
  /** The number of sessions that it has started. */
  readonly sessions: number
}

/** The tokens of one emulator. */
export interface Tokens {
  readonly issued: () => ReadonlyArray<IssuedToken>
  readonly issue: (terms: Terms) => IssuedToken
  /** Finds the token of this name, if messages can still be sent with it. */
  readonly usable: (name: string) => IssuedToken | undefined
  /** Starts a session, or resumes that of a handle, which is no further use; returns false if it is refused. */
  readonly begin: (name: string, handle: string | undefined) => boolean
  /** Makes a handle that resumes the token's session. */
  readonly handle: (name: string) => string
  readonly expireAll: () => void
}

/** Makes an empty store. */
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
 * Applies the locks of a token to a client's setup. If everything is locked, the token's setup replaces the client's;
 * else its locked fields do. The handle for resuming is always the client's.
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
