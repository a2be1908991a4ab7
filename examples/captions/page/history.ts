/**
 * The history of credentials and connections, for the timeline. It contains no token. Times are those of
 * `Date.now()`.
 */
import type { Credential } from "@tempcred/client"

/** A credential from its mint to its use. */
export interface Minted {
  readonly kind: "credential"
  readonly number: number
  readonly lane: number
  readonly at: number
  readonly uses: Credential["uses"]
  /** The time until which it can open a connection. */
  readonly redeemBy: number
  endedAt?: number
}

export interface Opened {
  readonly kind: "connection"
  readonly number: number
  readonly lane: number
  readonly at: number
  /** The time when the vendor ends the session. */
  readonly limit: number | undefined
  endedAt?: number
}

export type Track = Minted | Opened

export interface Note {
  readonly at: number
  readonly tone: "plain" | "good" | "bad"
  readonly text: string
  /** The tracks before the note, and those after it. */
  readonly before: ReadonlyArray<Track>
  readonly after: ReadonlyArray<Track>
  /** The lane of the note. */
  readonly lane: number | undefined
}

export interface History {
  readonly begun: number | undefined
  /** The newest credential. */
  readonly credential: Minted | undefined
  readonly connection: Opened | undefined
  readonly notes: ReadonlyArray<Note>
  readonly begin: () => void
  readonly note: (tone: Note["tone"], text: string, lane?: number) => void
  readonly minted: (credential: Credential) => Minted
  readonly opened: (minted: Minted, maxSessionSeconds: number | undefined) => Opened
  /** Records the end of a connection, or of an unused credential. */
  readonly ended: (track: Track, failure: string | undefined) => void
}

/** The lane of credentials. A connection and its successor have lanes of their own beside it. */
export const credentialLane = 0

export const makeHistory = (changed: () => void): History => {
  const notes: Array<Note> = []
  let running: ReadonlyArray<Track> = []
  let [begun, minted, opened]: [number?, Minted?, Opened?] = []
  const known = new Set<string | undefined>()

  const write = (tone: Note["tone"], text: string, lane?: number, after = running) => {
    notes.push({ at: Date.now(), tone, text, before: running, after, lane })
    running = after
    changed()
  }
  return {
    get begun() {
      return begun
    },
    get credential() {
      return minted
    },
    get connection() {
      return opened
    },
    notes,
    note: (tone, text, lane) => write(tone, text, lane),
    begin: () => {
      notes.length = 0
      running = []
      begun = Date.now()
      minted = opened = undefined
      changed()
    },
    minted: ({ expiresAt, fingerprint, provider, relaxed, token, uses }) => {
      const made: Minted = {
        kind: "credential",
        number: (minted?.number ?? 0) + 1,
        lane: credentialLane,
        at: Date.now(),
        uses,
        redeemBy: Date.parse(expiresAt)
      }
      minted = made
      // A multi-use credential comes from the endpoint's cache until the cache renews it.
      const from = known.has(fingerprint) ? "from the cache, minted by" : "minted by"
      known.add(fingerprint)
      const use = uses === "once" ? "for one use" : "for many uses"
      const lack = relaxed.includes("singleUse") ? ", as the vendor has no single use" : ""
      write("good", `Credential ${made.number} ${from} ${provider}, ${redacted(token)}, ${use}${lack}`, made.lane, [
        ...running,
        made
      ])
      return made
    },
    opened: (credential, maxSessionSeconds) => {
      const at = Date.now()
      const made: Opened = {
        kind: "connection",
        number: (opened?.number ?? 0) + 1,
        lane: running.some(({ lane }) => lane === 1) ? 2 : 1,
        at,
        limit: maxSessionSeconds === undefined ? undefined : at + maxSessionSeconds * 1000
      }
      opened = made
      credential.endedAt = at
      const limit = maxSessionSeconds === undefined ? "no session limit" : `session limit ${maxSessionSeconds} s`
      write("good", `Connection ${made.number} opened with credential ${credential.number}, ${limit}`, made.lane, [
        ...running.filter((one) => one !== credential),
        made
      ])
      return made
    },
    ended: (track, failure) => {
      track.endedAt = Date.now()
      const name = `${track.kind === "credential" ? "Credential" : "Connection"} ${track.number}`
      const after = running.filter((one) => one !== track)
      if (failure === undefined)
        write("plain", `${name} ${track.kind === "credential" ? "left unused" : "closed"}`, track.lane, after)
      else write("bad", `${name} ${track.kind === "credential" ? "refused" : "ended"}: ${failure}`, track.lane, after)
    }
  }
}

/** Shows only the first characters, which are common to all tokens of the vendor. */
const redacted = (token: string): string => `${token.slice(0, 4)}••••••••`
