/** A shared store in memory with the test's clock. It can be slow or unavailable, and its clock can be changed. */
import type { CredentialStore, SharedStore, StoreOptions } from "@tempcred/core/CredentialSharing"
import type { RateStore } from "@tempcred/core/RateGate"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"

type Call = keyof CredentialStore | keyof RateStore

interface Stored {
  readonly text: string
  readonly until: number
}

const idOf = (stored: Stored | undefined) => stored?.text.slice(0, 16)

export const make = Effect.fnUntraced(function* () {
  const clock = yield* Clock.Clock
  const texts = new Map<string, Stored>()
  const leases = new Map<string, { readonly owner: string; readonly until: number }>()
  const fences = new Map<string, number>()
  const invalidated = new Map<string, number>()
  const state = {
    isUp: true,
    /** The response time in milliseconds. */
    delay: 0,
    /** The milliseconds that its clock is ahead of the test's. */
    ahead: 0,
    opened: 0,
    calls: Array<Call>()
  }
  const now = () => clock.currentTimeMillisUnsafe() + state.ahead
  const alive = <A extends { readonly until: number }>(map: Map<string, A>, name: string) => {
    const found = map.get(name)
    return found !== undefined && found.until > now() ? found : undefined
  }
  const release = (name: string, owner: string) => {
    if (alive(leases, name)?.owner === owner) leases.delete(name)
  }

  /** Reports the start and the end of an outage once to each machine. */
  const asking = ({ onDown, onUp }: StoreOptions) => {
    let wasUp = true
    return <A>(call: Call, handle: () => A): Effect.Effect<Option.Option<A>> =>
      Effect.gen(function* () {
        state.calls.push(call)
        if (state.isUp !== wasUp) {
          wasUp = state.isUp
          yield* wasUp ? onUp : onDown("no connection")
        }
        if (!wasUp) return Option.none()
        // A sent request is processed, even if its caller was interrupted.
        const handling = Effect.delay(Effect.sync(handle), state.delay)
        return Option.some(
          yield* state.delay === 0 ? Effect.sync(handle) : Effect.flatMap(Effect.forkDetach(handling), Fiber.join)
        )
      })
  }

  const credentials: SharedStore["credentials"] = (options) =>
    Effect.sync(() => {
      state.opened += 1
      const ask = asking(options)
      const lease = (owner: string) => ({ owner, until: now() + Duration.toMillis(options.lease) })
      return {
        visit: (name, seen, owner) =>
          ask("visit", () => {
            const stored = alive(texts, name)
            if (stored !== undefined && idOf(stored) !== seen) {
              return { _tag: "Found", text: stored.text, remaining: stored.until - now() }
            }
            if (alive(leases, name) !== undefined) return { _tag: "Held" }
            leases.set(name, lease(owner))
            const fence = (fences.get(name) ?? 0) + 1
            fences.set(name, fence)
            return { _tag: "Granted", fence, now: now() }
          }),
        read: (name) =>
          ask("read", () => {
            const stored = alive(texts, name)
            return stored === undefined ? undefined : { text: stored.text, remaining: stored.until - now() }
          }),
        renew: (name, owner) =>
          ask("renew", () => {
            if (alive(leases, name)?.owner === owner) leases.set(name, lease(owner))
          }),
        release: (name, owner) => Effect.asVoid(Effect.forkDetach(ask("release", () => release(name, owner)))),
        write: (name, owner, { fence, text, until }) =>
          ask("write", () => {
            release(name, owner)
            if (fences.get(name) !== fence) return false
            texts.set(name, { text, until })
            return true
          }),
        invalidate: (name, id, milliseconds) =>
          ask("invalidate", () => {
            if (idOf(texts.get(name)) === id) texts.delete(name)
            invalidated.set(id, now() + milliseconds)
          }),
        invalidated: Effect.fnUntraced(function* (interval) {
          let known: ReadonlySet<string> = new Set()
          const poll = Effect.map(
            ask("invalidated", () => [...invalidated].filter(([, until]) => until > now()).map(([id]) => id)),
            Option.map((ids) => (known = new Set(ids)))
          )
          yield* Effect.forkScoped(Effect.forever(Effect.delay(poll, interval)))
          return () => known
        })
      }
    })
  const busyUntil = new Map<string, number>()
  const holds = new Map<string, number>()
  const rates: SharedStore["rates"] = (options) =>
    Effect.sync(() => {
      const ask = asking(options)
      return {
        take: (name, { burst, perMinute }) =>
          ask("take", () => {
            const held = (holds.get(name) ?? 0) - now()
            if (held > 0) return held
            const interval = 60_000 / perMinute
            const from = Math.max(busyUntil.get(name) ?? 0, now())
            const wait = from - (burst - 1) * interval - now()
            if (wait <= 0) busyUntil.set(name, from + interval)
            return Math.max(0, Math.ceil(wait))
          }),
        hold: (name, milliseconds) =>
          ask("hold", () => void holds.set(name, Math.max(holds.get(name) ?? 0, now() + milliseconds)))
      }
    })
  const store: SharedStore = { credentials, rates }
  return { store, state, texts, leases, fences, invalidated }
})

/** A shared store for tests. */
export type Fake = Effect.Success<ReturnType<typeof make>>
