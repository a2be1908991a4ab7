/**
 * The long-lived key, and the client secrets minted with it. Each opens any number of sessions until it expires. Its
 * session configuration is a default that the client can change.
 */
import type { Call } from "../Emulator.ts"
import * as Issued from "../Issued.ts"
import { type Failure, missingKey, wrongKey } from "./Failures.ts"
import type { SessionConfig } from "./Sessions.ts"
import type { Settings } from "./Options.ts"

/** A minted client secret. */
export interface IssuedSecret {
  readonly secret: string
  /** Milliseconds since the epoch, of a whole second. */
  readonly expiresAt: number
  readonly session: SessionConfig
  /** The `OpenAI-Safety-Identifier` of the mint. */
  readonly safetyIdentifier: string | undefined
  /** The number of sessions and calls that it has opened. */
  readonly sessions: number
}

/** The caller of a session: the holder of the key, or of a secret. */
export interface Caller {
  readonly secret: IssuedSecret | undefined
}

/** The credentials of one emulator. */
export interface Secrets {
  readonly issue: (secret: Omit<IssuedSecret, "secret" | "sessions">) => IssuedSecret
  /** Checks whether a credential can open a realtime session now. */
  readonly verify: (credential: string | undefined) => Caller | Failure
  /** Counts an opened session. */
  readonly opened: (caller: Caller) => void
  readonly issued: () => ReadonlyArray<IssuedSecret>
  readonly expireAll: () => void
}

/** Makes the credentials of an emulator, with nothing minted. */
export const make = ({ apiKey, clock }: Settings): Secrets => {
  const issued = Issued.make<IssuedSecret>(clock)
  return {
    issue: (terms) => {
      const secret = `ek_${crypto.randomUUID().replaceAll("-", "")}`
      return issued.set(secret, { ...terms, secret, sessions: 0 })
    },
    verify: (credential) => {
      if (credential === undefined) return missingKey
      if (credential === apiKey) return { secret: undefined }
      const secret = issued.find(credential)
      return secret === undefined || secret.session.type === "translation" ? wrongKey(credential) : { secret }
    },
    opened: ({ secret }) => {
      const found = issued.get(secret?.secret ?? "")
      if (found !== undefined) issued.set(found.secret, { ...found, sessions: found.sessions + 1 })
    },
    issued: issued.all,
    expireAll: issued.expireAll
  }
}

/** Returns the credential in the `Authorization` header, if any. */
export const bearer = ({ request }: Call): string | undefined =>
  /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1]
