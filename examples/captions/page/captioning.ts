/**
 * Keeps captions going: takes a credential, opens a connection, replaces it before the vendor ends the session, and
 * recovers from failures. It is independent of vendors.
 */
import { type Credential, type Source, SourceError } from "tempcred/client"
import { logout } from "./backend.ts"
import type { Failure } from "./bridges/bridge.ts"
import type { Caption } from "./captions.ts"
import { credentialLane, type History, type Track } from "./history.ts"
import { connect, type Line } from "./line.ts"
import type { Sound } from "./sound.ts"

export type State = "minting" | "connecting" | "listening" | "finishing" | "waiting"

export interface Trouble {
  readonly text: string
  /** The seconds until the next automatic try; undefined if it would fail again. */
  readonly retryIn: number | undefined
}

export interface Options {
  readonly credentials: Pick<Source, "take" | "invalidate">
  readonly sound: Sound
  readonly history: History
  /** Adds a place for the words of a connection. */
  readonly segment: () => (words: Caption) => void
  readonly say: (state: State) => void
  /** Shows a problem until the next try; rejects when the signal is aborted. */
  readonly hold: (trouble: Trouble, signal: AbortSignal) => Promise<void>
}

/** The remaining share or seconds of a session at which it is replaced. */
const lead = { share: 0.2, seconds: 10 }

/** The number of consecutive failures without any words: before a wait, and before the user must act. */
const patience = { atOnce: 3, most: 6 }

/** Keeps at most half a minute of audio for the next connection, and passes audio to the current one. */
const makeFeed = (sound: Sound) => {
  let waiting: Array<ArrayBuffer> = []
  let current: Line | undefined
  sound.listen(({ samples }) => {
    if (current === undefined) waiting = [...waiting.slice(-299), samples]
    else current.send(samples)
  })
  return {
    to: (line: Line) => {
      current = line
      for (const samples of waiting.splice(0)) line.send(samples)
    },
    /** Removes a connection; tells whether another one must take its audio. */
    leave: (line: Line): boolean => {
      if (current !== line) return false
      current = undefined
      waiting = [...line.unheard(), ...waiting]
      return true
    }
  }
}

/** Captions a sound; resolves at its end or after an abort, and rejects if it cannot continue. */
export const caption = async (options: Options, signal: AbortSignal): Promise<void> => {
  const { history, hold, say, sound } = options
  const feed = makeFeed(sound)
  const lines = new Set<Line>()
  let failures = 0

  const obtain = async (tries = 0, isNewLogin = false): Promise<Credential> => {
    say("minting")
    try {
      return await options.credentials.take({ purpose: "stt.realtime" }, { signal })
    } catch (error) {
      signal.throwIfAborted()
      const { name, passing, text } = explain(error)
      history.note("bad", `No credential: ${name}`, credentialLane)
      say("waiting")
      if (name === "UnauthenticatedError" && !isNewLogin) {
        logout()
        return obtain(tries, true)
      }
      await hold({ text, retryIn: passing && tries < 8 ? Math.min(2 ** tries, 8) : undefined }, signal)
      return obtain(tries + 1)
    }
  }

  const recover = async ({ name, passing }: Failure): Promise<void> => {
    signal.throwIfAborted()
    failures += 1
    if (passing && failures < patience.atOnce) return history.note("plain", "Recovering with another credential")
    say("waiting")
    const retryIn = passing && failures < patience.most ? failures : undefined
    await hold({ text: `The vendor ended the connection: ${name}.`, retryIn }, signal)
    if (retryIn === undefined) failures = 0
  }

  const connected = async (): Promise<{ readonly line: Line; readonly renewIn: number | undefined }> => {
    const credential = await obtain()
    signal.throwIfAborted()
    const minted = history.minted(credential)
    let track: Track = minted
    say("connecting")
    const show = options.segment()
    const line = connect(credential, sound.sampleRate, (words) => {
      failures = 0
      show(words)
    })
    lines.add(line)
    void line.ended.then((failure) => {
      lines.delete(line)
      // The next request reports it to the endpoint, which returns another one.
      if (failure?.refused === true) options.credentials.invalidate(credential)
      show(feed.leave(line) && failure !== undefined ? "again" : "over")
      history.ended(track, failure)
    })
    if (await line.ready) {
      const { maxSessionSeconds } = credential
      track = history.opened(minted, maxSessionSeconds)
      feed.to(line)
      say("listening")
      const ahead = Math.min((maxSessionSeconds ?? 0) * lead.share, lead.seconds)
      return { line, renewIn: maxSessionSeconds === undefined ? undefined : (maxSessionSeconds - ahead) * 1000 }
    }
    const failure = await line.ended
    if (failure !== undefined) await recover(failure)
    return connected()
  }

  const silence = sound.ended.then(() => "over" as const)
  try {
    let { line, renewIn } = await connected()
    for (;;) {
      const renewal = alarm(renewIn)
      const what = await Promise.race([silence, line.ended, renewal.rings])
      renewal.cancel()
      if (what === "due") {
        history.note("plain", "Connecting again before the session limit")
        const previous = line
        ;({ line, renewIn } = await connected())
        previous.finish()
        continue
      }
      if (what === "over") {
        say("finishing")
        line.finish()
      }
      const failure = await line.ended
      if (failure === undefined) return
      await recover(failure)
      ;({ line, renewIn } = await connected())
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    for (const line of lines) line.close()
  }
}

const alarm = (milliseconds: number | undefined) => {
  const { promise, resolve } = Promise.withResolvers<"due">()
  const timer = milliseconds === undefined ? undefined : setTimeout(() => resolve("due"), milliseconds)
  return { rings: promise, cancel: () => clearTimeout(timer) }
}

/** Explains a missing credential to the user. */
const explain = (error: unknown): Failure & { readonly text: string } => {
  if (!(error instanceof SourceError)) return { name: "backend", passing: true, text: "The backend does not respond." }
  const { failure } = error
  if (failure.kind === "network")
    return { name: "network", passing: true, text: "The token endpoint does not respond." }
  const { kind, problem, status } = failure
  const name = problem?.reason ?? `${kind} (${status})`
  switch (kind) {
    case "unavailable":
      return { name, passing: true, text: `The token endpoint has no credential now${because(problem?.detail)}.` }
    case "limited":
      return { name, passing: true, text: "Rate limit of the token endpoint exceeded." }
    case "unauthenticated":
      return { name, passing: false, text: "The token endpoint does not know the user." }
    case "forbidden":
    case "invalid":
      return { name, passing: false, text: `The token endpoint refuses${because(problem?.detail)}.` }
    case "redirected":
      return { name, passing: false, text: "The token endpoint redirects to another address." }
    case "garbled":
      return { name, passing: false, text: "The response of the token endpoint cannot be read." }
  }
}

const because = (detail: string | undefined): string => (detail === undefined ? "" : `: ${detail}`)
