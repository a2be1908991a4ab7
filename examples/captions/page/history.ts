/**
 * The history of credentials and connections, for the timeline. It contains no token. Times are those of
 * `Date.now()`.
 */
import type { Credential } from "tempcred/client"
import type { Failure } from "./bridges/bridge.ts"

/** A credential from its mint to its use. */
export interface Minted {
  readonly kind: "credential"
  readonly number: number
  readonly provider: string
  readonly lane: number
  readonly at: number
  readonly uses: Credential["uses"]
  /** The time until which it can open a connection. */
  readonly expiresAt: number
  endedAt?: number
}

export interface Opened {
  readonly kind: "connection"
  readonly number: number
  readonly credential: Minted
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
  readonly ended: (track: Track, failure: Failure | undefined) => void
}

/** The lane of credentials. A connection and its successor have lanes of their own beside it. */
export const credentialLane = 0

export const makeHistory = (changed: () => void): History => {
  const notes: Array<Note> = []
  let running: ReadonlyArray<Track> = []
  let [begun, minted, opened]: [number?, Minted?, Opened?] = []
  /** The numbers of credentials by their fingerprints. */
  const numbers = new Map<string | undefined, number>()
  /** The fingerprints from any time, and the credentials themselves, which the page has only once. */
  const known = new Set<string | undefined>()
  const kept = new WeakSet<Credential>()

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
      numbers.clear()
      changed()
    },
    minted: (credential) => {
      const { expiresAt, fingerprint, provider, relaxed, token, uses } = credential
      const made: Minted = {
        kind: "credential",
        number: numbers.get(fingerprint) ?? numbers.size + 1,
        provider,
        lane: credentialLane,
        at: Date.now(),
        uses,
        expiresAt: Date.parse(expiresAt)
      }
      minted = made
      const source = kept.has(credential)
        ? "used again"
        : known.has(fingerprint)
          ? "from the endpoint's cache"
          : `minted by ${provider}, ${redacted(token)}`
      numbers.set(fingerprint, made.number)
      known.add(fingerprint)
      kept.add(credential)
      const use = uses === "once" ? "for one use" : "for many uses"
      const lack = relaxed.includes("singleUse") ? ", as the vendor has no single use" : ""
      write("good", `Credential ${made.number} ${source}, ${use}${lack}`, made.lane, [...running, made])
      return made
    },
    opened: (credential, maxSessionSeconds) => {
      const at = Date.now()
      const made: Opened = {
        kind: "connection",
        number: (opened?.number ?? 0) + 1,
        credential,
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
      const after = running.filter((one) => one !== track)
      const [name, unfailed] =
        track.kind === "credential"
          ? [`Credential ${track.number}`, "left unused"]
          : [`Connection ${track.number}`, "closed"]
      if (failure === undefined) return write("plain", `${name} ${unfailed}`, track.lane, after)
      const { number, provider } = track.kind === "credential" ? track : track.credential
      const reason = failure.refused ? `${provider} refused credential ${number}: ${failure.name}` : failure.name
      const what = track.kind === "connection" ? `${name} ended: ` : failure.refused ? "" : `${name}: `
      write("bad", what + reason, track.lane, after)
    }
  }
}

/** Shows only the first characters, which are common to all tokens of the vendor. */
const redacted = (token: string): string => `${token.slice(0, 4)}••••••••`
