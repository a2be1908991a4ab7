/**
 * The keys of one source as they are used: which to send next, what became of those that were refused, and what is kept while the source
 * cannot be read.
 */
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import type { Issue } from "../ConfigurationError.ts"
import { millisUnsafe, monotonicMillis } from "../Deadline.ts"
import { Events, nobody } from "../Events.ts"
import { fingerprint } from "../Fingerprint.ts"
import type { KeySource } from "../KeySource.ts"
import { AuthenticationError, type Reason } from "../TempCredentialError.ts"
import * as Keys from "./Keys.ts"

/** In milliseconds. A source that takes longer counts as one that cannot be read, as the rest of the mint needs its time too. */
const readingLimit = 3000

/** A refused key is left alone for so many milliseconds, by chance in between: a vendor may need minutes to learn of a new one. */
const pause = { min: 60_000, max: 300_000 }

/** What configuration gives where keys are wanted: one key, or a source of keys. */
export type Source = Redacted.Redacted | KeySource

/** The keys of one source in use. */
export interface KeyRing {
  /** Reads the source, and says what is wrong with it. */
  readonly read: Effect.Effect<ReadonlyArray<string>>
  /** What names the account: the name that it was given, or the oldest key as it is now. */
  readonly account: () => string
  /**
   * Tries with the best key, and once more with the next where the vendor refused it, all in so many milliseconds. A try is also given all keys, so that
   * it can hide them, and the time that is left.
   */
  readonly use: <A>(milliseconds: number, attempt: Attempt<A>) => Effect.Effect<A, Reason>
}

/** A try with one key, which ends within so many milliseconds. */
export type Attempt<A> = (
  key: Redacted.Redacted,
  all: ReadonlyArray<Redacted.Redacted>,
  milliseconds: number
) => Effect.Effect<A, Reason>

/** The rings of one vendor, one for each source. */
export interface KeyRings {
  readonly of: (source: Source) => KeyRing
  /** Reads sources for the first time: what is wrong with them by option, and a secret that names their account. */
  readonly open: (
    sources: Readonly<Record<string, Source>>
  ) => Effect.Effect<{ readonly issues: ReadonlyArray<Issue>; readonly account: Redacted.Redacted }>
}

/** Makes the rings of one vendor; events go to whoever listens here. */
export const makeRings = Effect.fnUntraced(function* (provider: string): Effect.fn.Return<KeyRings> {
  const publish = yield* Events
  const rings = new WeakMap<Source, KeyRing>()
  const of = (source: Source): KeyRing => {
    const ring = rings.get(source) ?? makeRing(provider, source, publish)
    rings.set(source, ring)
    return ring
  }
  const open: KeyRings["open"] = Effect.fnUntraced(function* (sources) {
    const missing = Object.entries(sources).flatMap(([name, source]): ReadonlyArray<Issue> => {
      const message = isSource(source) ? undefined : Keys.problemOf(source)
      return message === undefined ? [] : [{ name, message }]
    })
    if (missing.length > 0) return { issues: missing, account: Redacted.make("") }
    const read = yield* Effect.forEach(
      Object.entries(sources),
      ([name, source]) => Effect.map(of(source).read, (problems) => problems.map((message) => ({ name, message }))),
      { concurrency: "unbounded" }
    )
    const accounts = Object.values(sources).map((source) => of(source).account())
    return { issues: read.flat(), account: Redacted.make(accounts.join(" ")) }
  })
  return { of, open }
})

/** Untyped callers pass anything, such as a variable that is not set. */
const isSource = (source: Source): boolean => Redacted.isRedacted(source) || Predicate.hasProperty(source, "keys")

type Publish = (typeof Events)["Service"]

const makeRing = (provider: string, source: Source, publish: Publish): KeyRing => {
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
      /** Keys are chosen anew for each try, as they may have been replaced between reading them and the vendor's word on one. */
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
        Effect.matchEffect(attempt(key, [key, ...held.keys()], end - millisUnsafe(fiber)), {
          onSuccess: (value) => refusals.accept(key, value),
          onFailure: (reason) => {
            if (reason._tag !== "AuthenticationError") return Effect.fail(reason)
            return Effect.andThen(
              refusals.refuse(key),
              Effect.suspend(() => (isFirst ? choose({ key, reason }) : Effect.fail(reason)))
            )
          }
        })
      return choose()
    })

  return {
    read: held.read(Number.POSITIVE_INFINITY),
    use,
    account: () => named ?? Redacted.value(held.keys().at(-1) ?? Redacted.make(""))
  }
}

const noKey = () => new AuthenticationError({ detail: "there is no long-lived key to send" })

/** The keys of a source: those that never change, or those that were read last. */
interface Held {
  /** Whether there is nothing to read. */
  readonly isFixed: boolean
  /** Reads the source in so many milliseconds, and says what is wrong with it. */
  readonly read: (milliseconds: number) => Effect.Effect<ReadonlyArray<string>>
  readonly keys: () => ReadonlyArray<Redacted.Redacted>
}

const hold = (provider: string, source: Source, publish: Publish): Held => {
  const fixed = Redacted.isRedacted(source) ? [source] : source.fixed
  return Redacted.isRedacted(source) || fixed !== undefined
    ? holdFixed(fixed ?? [])
    : holdRead(provider, source, publish)
}

/** Keys that no source can replace are checked once. */
const holdFixed = (given: ReadonlyArray<Redacted.Redacted>): Held => {
  const problems = Keys.problemsOf(given)
  const keys = problems.length === 0 ? Keys.trimmed(given) : []
  return { isFixed: true, read: () => Effect.succeed(problems), keys: () => keys }
}

/** Keeps the keys that a source gave last, as long as it gives nothing better. */
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
    // Equal keys stay the same objects, as what is known of a key is kept by object.
    if (Equal.equals(keys, given)) return []
    const isNews = keys.length > 0
    keys = given
    if (isNews) yield* publish({ _tag: "KeysReloaded", provider, keys: keys.length })
    return []
  })
  return { isFixed: false, read, keys: () => keys }
}

/** Which keys were refused, and until when each is left alone, in monotonic milliseconds. */
const remember = (provider: string, publish: Publish) => {
  const until = new Map<string, number>()
  const isRecent = (key: Redacted.Redacted, now: number) => (until.get(Redacted.value(key)) ?? 0) > now

  // Naming a key takes work inside a try that is timed, so it is done only where somebody listens.
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
    // Of many mints that meet the same refusal, the first tells of it.
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
