/**
 * The state of the keys of one source: the key to use next, the refused keys, and the last known keys
 * while the source fails.
 */
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import { AccountName } from "../AccountName.ts"
import type { Issue } from "../ConfigurationError.ts"
import { millisUnsafe, monotonicMillis } from "../Deadline.ts"
import { Events } from "../Events.ts"
import { nobody } from "../events/Nobody.ts"
import { fingerprint } from "../Fingerprint.ts"
import type { KeySource } from "../KeySource.ts"
import { AuthenticationError, type Reason } from "../TempCredentialError.ts"
import * as Keys from "./Keys.ts"

/** The time limit of reading a source in milliseconds. It leaves time for the rest of the mint. */
const readingLimit = 3000

/**
 * The range of the pause after a refused key, in milliseconds. The pause is chosen at random. A vendor
 * may need minutes to accept a new key.
 */
const pause = { min: 60_000, max: 300_000 }

/** A key, or a source of keys, from configuration. */
export type Source = Redacted.Redacted | KeySource

/** The keys of one source in use. */
export interface KeyRing {
  /** Reads the source and returns its problems. */
  readonly read: Effect.Effect<ReadonlyArray<string>>
  /** Returns the configured name of the account, or else its oldest key, which is a secret. */
  readonly account: () => string
  /** Lists the keys of the last valid reading. */
  readonly keys: () => ReadonlyArray<Redacted.Redacted>
  /**
   * Makes an attempt with the newest key that is not paused. If the vendor refuses it, makes one more
   * attempt with the next key. `milliseconds` is the time limit of both.
   */
  readonly use: <A>(milliseconds: number, attempt: Attempt<A>) => Effect.Effect<A, Reason>
}

/**
 * An attempt with one key and a time limit in milliseconds. `all` contains all keys of the vendor, also
 * of other regions, so that the attempt can remove them from errors.
 */
type Attempt<A> = (
  key: Redacted.Redacted,
  all: ReadonlyArray<Redacted.Redacted>,
  milliseconds: number
) => Effect.Effect<A, Reason>

/** The key rings of one vendor, one for each source. */
export interface KeyRings {
  readonly of: (source: Source) => KeyRing
  /**
   * Reads sources for the first time. Returns their problems by option, and a secret that
   * identifies the account.
   */
  readonly open: (
    sources: Readonly<Record<string, Source>>
  ) => Effect.Effect<{ readonly issues: ReadonlyArray<Issue>; readonly account: Redacted.Redacted }>
}

/** Makes the key rings of one vendor, with the current receiver of events. */
export const makeRings = Effect.fnUntraced(function* (provider: string): Effect.fn.Return<KeyRings> {
  const publish = yield* Events
  const rings = new WeakMap<Source, KeyRing>()
  let opened: ReadonlyArray<KeyRing> = []
  const openedKeys = () => {
    const [first] = opened
    return first !== undefined && opened.length === 1 ? first.keys() : opened.flatMap((ring) => ring.keys())
  }
  const of = (source: Source): KeyRing => {
    const ring = rings.get(source) ?? makeRing(provider, source, publish, openedKeys)
    rings.set(source, ring)
    return ring
  }
  const open: KeyRings["open"] = Effect.fnUntraced(function* (sources) {
    const missing = Object.entries(sources).flatMap(([name, source]): ReadonlyArray<Issue> => {
      const message = isSource(source) ? undefined : Keys.problemOf(source)
      return message === undefined ? [] : [{ name, message }]
    })
    if (missing.length > 0) return { issues: missing, account: Redacted.make("") }
    opened = Object.values(sources).map(of)
    const read = yield* Effect.forEach(
      Object.entries(sources),
      ([name, source]) => Effect.map(of(source).read, (problems) => problems.map((message) => ({ name, message }))),
      { concurrency: "unbounded" }
    )
    const keys = opened.map((ring) => ring.account()).join(" ")
    const name = yield* AccountName
    return { issues: read.flat(), account: Redacted.make(name === undefined ? keys : JSON.stringify([name, keys])) }
  })
  return { of, open }
})

/** Tells whether a value is a source. Untyped callers may pass anything, such as an unset variable. */
const isSource = (source: Source): boolean => Redacted.isRedacted(source) || Predicate.hasProperty(source, "keys")

type Publish = (typeof Events)["Service"]

const makeRing = (
  provider: string,
  source: Source,
  publish: Publish,
  openedKeys: () => ReadonlyArray<Redacted.Redacted>
): KeyRing => {
  const held = hold(provider, source, publish)
  const named = Redacted.isRedacted(source) ? undefined : source.account
  const refusals = remember(provider, publish)

  const best = (now: number, except?: Redacted.Redacted): Redacted.Redacted | undefined => {
    refusals.forgetAllBut(held.keys())
    const keys = held.keys()
    const others = except === undefined ? keys : keys.filter((key) => !Equal.equals(key, except))
    return others.find((key) => !refusals.isRecent(key, now)) ?? others[0]
  }

  const use = <A>(milliseconds: number, attempt: Attempt<A>): Effect.Effect<A, Reason> =>
    Effect.withFiber((fiber) => {
      const end = millisUnsafe(fiber) + milliseconds
      /** Chooses a key for one attempt. Reads the source first, because the keys may have been replaced. */
      const choose = (refused?: {
        readonly key: Redacted.Redacted
        readonly reason: Reason
      }): Effect.Effect<A, Reason> => {
        const chosen = () => {
          const key = best(millisUnsafe(fiber), refused?.key)
          return key === undefined ? Effect.fail(refused?.reason ?? noKey()) : offer(key, refused === undefined)
        }
        return held.isFixed ? chosen() : Effect.flatMap(held.read(end - millisUnsafe(fiber)), chosen)
      }
      const offer = (key: Redacted.Redacted, isFirst: boolean) =>
        Effect.matchEffect(
          attempt(key, [...new Set([key, ...held.keys(), ...openedKeys()])], end - millisUnsafe(fiber)),
          {
            onSuccess: (value) => refusals.accept(key, value),
            onFailure: (reason) => {
              if (reason._tag !== "AuthenticationError") return Effect.fail(reason)
              return Effect.andThen(
                refusals.refuse(key),
                Effect.suspend(() => (isFirst ? choose({ key, reason }) : Effect.fail(reason)))
              )
            }
          }
        )
      return choose()
    })

  return {
    read: held.read(Number.POSITIVE_INFINITY),
    use,
    keys: held.keys,
    account: () => named ?? Redacted.value(held.keys().at(-1) ?? Redacted.make(""))
  }
}

const noKey = () => new AuthenticationError({ detail: "there is no long-lived key to send" })

/** The keys of a source: the fixed keys, or the keys of the last valid reading. */
interface Held {
  /** Whether the keys are fixed. */
  readonly isFixed: boolean
  /** Reads the source, with a time limit in milliseconds, and returns its problems. */
  readonly read: (milliseconds: number) => Effect.Effect<ReadonlyArray<string>>
  readonly keys: () => ReadonlyArray<Redacted.Redacted>
}

const hold = (provider: string, source: Source, publish: Publish): Held => {
  const fixed = Redacted.isRedacted(source) ? [source] : source.fixed
  return Redacted.isRedacted(source) || fixed !== undefined
    ? holdFixed(fixed ?? [])
    : holdRead(provider, source, publish)
}

/** Makes the state of fixed keys, which are checked once. */
const holdFixed = (given: ReadonlyArray<Redacted.Redacted>): Held => {
  const problems = Keys.problemsOf(given)
  const keys = problems.length === 0 ? Keys.trimmed(given) : []
  return { isFixed: true, read: () => Effect.succeed(problems), keys: () => keys }
}

/** Makes the state of a source that is read repeatedly. A failed reading does not change its keys. */
const holdRead = (provider: string, source: KeySource, publish: Publish): Held => {
  let keys: ReadonlyArray<Redacted.Redacted> = []
  let broken = false
  const read = Effect.fnUntraced(function* (milliseconds: number) {
    const exit = yield* Effect.exit(Effect.timeout(source.keys, Math.min(readingLimit, milliseconds)))
    const problems = Exit.isSuccess(exit) ? Keys.problemsOf(exit.value) : ["cannot be read"]
    if (Exit.isFailure(exit) || problems.length > 0) {
      const isNews = !broken && keys.length > 0
      broken = true
      if (isNews) yield* publish({ _tag: "KeysNotReloaded", provider, problem: problems.join("; ") })
      return problems
    }
    broken = false
    const given = Keys.trimmed(exit.value)
    // Equal keys stay the same objects, because computed values are cached by object.
    if (Equal.equals(keys, given)) return []
    const isNews = keys.length > 0
    keys = given
    if (isNews) yield* publish({ _tag: "KeysReloaded", provider, keys: keys.length })
    return []
  })
  return { isFixed: false, read, keys: () => keys }
}

/** Makes the record of refused keys, with the end of each key's pause in monotonic milliseconds. */
const remember = (provider: string, publish: Publish) => {
  const until = new Map<string, number>()
  const isRecent = (key: Redacted.Redacted, now: number) => (until.get(Redacted.value(key)) ?? 0) > now

  // Computing a fingerprint takes time from the attempt, so it is skipped without a receiver.
  const tell = (_tag: "KeyAccepted" | "KeyRefused", key: Redacted.Redacted) =>
    publish === nobody
      ? Effect.void
      : Effect.flatMap(fingerprint(key), (named) => publish({ _tag, provider, fingerprint: named }))

  const accept = <A>(key: Redacted.Redacted, value: A): Effect.Effect<A> =>
    until.size > 0 && until.delete(Redacted.value(key))
      ? Effect.as(tell("KeyAccepted", key), value)
      : Effect.succeed(value)

  const refuse = Effect.fnUntraced(function* (key: Redacted.Redacted) {
    const now = yield* monotonicMillis
    const end = now + (yield* Random.nextBetween(pause.min, pause.max))
    // Of many mints that fail with the same key, only the first reports it.
    if (isRecent(key, now)) return
    until.set(Redacted.value(key), end)
    yield* tell("KeyRefused", key)
  })

  const forgetAllBut = (keys: ReadonlyArray<Redacted.Redacted>) => {
    if (until.size === 0) return
    const current = new Set(keys.map((key) => Redacted.value(key)))
    for (const key of until.keys()) if (!current.has(key)) until.delete(key)
  }

  return { isRecent, accept, refuse, forgetAllBut }
}
