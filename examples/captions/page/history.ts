/**
 * What happened to credentials and connections, for the timeline to draw and to tell. It holds no token. Times are those of `Date.now()`.
 */
import type { Credential } from "@tempcred/client"

/** A credential, from when it was minted until a connection takes it. */
export interface Minted {
  readonly kind: "credential"
  readonly number: number
  readonly lane: number
  readonly at: number
  readonly uses: Credential["uses"]
  /** The end of the time in which a connection can be opened with it. */
  readonly redeemBy: number
  endedAt?: number
}

export interface Opened {
  readonly kind: "connection"
  readonly number: number
  readonly lane: number
  readonly at: number
  /** When the vendor cuts the session. */
  readonly limit: number | undefined
  endedAt?: number
}

export type Track = Minted | Opened

export interface Note {
  readonly at: number
  readonly tone: "plain" | "good" | "bad"
  readonly text: string
  /** What went on before it, and what after. */
  readonly before: ReadonlyArray<Track>
  readonly after: ReadonlyArray<Track>
  /** Where it happened. */
  readonly lane: number | undefined
}

export interface History {
  readonly begun: number | undefined
  /** The newest. */
  readonly credential: Minted | undefined
  readonly connection: Opened | undefined
  readonly notes: ReadonlyArray<Note>
  readonly begin: () => void
  readonly note: (tone: Note["tone"], text: string, lane?: number) => void
  readonly minted: (credential: Credential) => Minted
  readonly opened: (minted: Minted, maxSessionSeconds: number | undefined) => Opened
  /** A connection ended, or a credential without one. */
  readonly ended: (track: Track, failure: string | undefined) => void
}

/** Where credentials are; a connection and the one that takes over from it have a lane each beside it. */
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
      // A credential for many uses comes from the endpoint's cache until that renews it.
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

/** How every token of its kind begins, and nothing more. */
const redacted = (token: string): string => `${token.slice(0, 4)}••••••••`
