/**
 * A Redis in memory with what sharing asks of it, under the test's clock; it can hang, be slow, go away, get stuck while it connects,
 * and have its clock set.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redis from "effect/persistence/Redis"
import { scripts } from "../src/credential-sharing/SharedStore.ts"

interface Kept {
  readonly text: string
  readonly until: number
}

type Handler = (now: number, ...params: ReadonlyArray<never>) => unknown

export const make = Effect.fnUntraced(function* () {
  const clock = yield* Clock.Clock
  const texts = new Map<string, Kept>()
  const leases = new Map<string, { readonly owner: string; readonly until: number }>()
  const fences = new Map<string, number>()
  const withdrawn = new Map<string, number>()
  const state = {
    mode: "up" as "up" | "hang" | "refuse" | "away" | "throw" | "stuck",
    /** Of each exchange, in milliseconds. */
    delay: 0,
    /** Of a new connection, in milliseconds. */
    connecting: 0,
    /** How far its clock is ahead of the test's. */
    ahead: 0,
    /** That were tried. */
    connections: 0,
    open: 0,
    calls: Array<string>()
  }
  const alive = <A extends { readonly until: number }>(map: Map<string, A>, name: string, now: number) => {
    const found = map.get(name)
    return found !== undefined && found.until > now ? found : undefined
  }
  const owns = (name: string, owner: string, now: number) => alive(leases, name, now)?.owner === owner

  const visit = (now: number, name: string, seen: string, owner: string, lease: number) => {
    const kept = alive(texts, name, now)
    if (kept !== undefined && kept.text.slice(0, 16) !== seen) return ["Found", kept.text, kept.until - now]
    if (alive(leases, name, now) !== undefined) return ["Held"]
    leases.set(name, { owner, until: now + lease })
    fences.set(name, (fences.get(name) ?? 0) + 1)
    return ["Granted", fences.get(name), now]
  }
  const read = (now: number, name: string) => {
    const kept = alive(texts, name, now)
    return kept === undefined ? ["", -2] : [kept.text, kept.until - now]
  }
  const renew = (now: number, name: string, owner: string, lease: number) => {
    if (owns(name, owner, now)) leases.set(name, { owner, until: now + lease })
  }
  const release = (now: number, name: string, owner: string) => {
    if (owns(name, owner, now)) leases.delete(name)
  }
  const keep = (now: number, name: string, owner: string, fence: number, text: string, until: number) => {
    release(now, name, owner)
    if (fences.get(name) !== fence) return 0
    texts.set(name, { text, until })
    return 1
  }
  const drop = (_: number, name: string, id: string) => {
    if (texts.get(name)?.text.slice(0, 16) === id) texts.delete(name)
  }
  const announce = (now: number, id: string, milliseconds: number) => void withdrawn.set(id, now + milliseconds)
  const handlers: Readonly<Record<keyof typeof scripts, Handler>> = {
    visit,
    read,
    renew,
    release,
    keep,
    drop,
    announce,
    withdrawn: (now: number) => [...withdrawn].filter(([, until]) => until > now).map(([id]) => id)
  }

  const run = Effect.fnUntraced(function* (name: keyof typeof scripts, params: ReadonlyArray<unknown>) {
    state.calls.push(name)
    if (state.mode === "hang") return yield* Effect.never
    if (state.mode !== "up") return yield* new Redis.RedisError({ cause: new Error("gone") })
    const handle = () =>
      handlers[name](clock.currentTimeMillisUnsafe() + state.ahead, ...(params as ReadonlyArray<never>))
    // What was sent is done, whether or not somebody waits for the answer.
    const handling = Effect.delay(Effect.sync(handle), state.delay)
    return yield* state.delay === 0 ? Effect.sync(handle) : Effect.flatMap(Effect.forkDetach(handling), Fiber.join)
  })
  const nameOf = (script: unknown) =>
    (Object.keys(scripts) as ReadonlyArray<keyof typeof scripts>).find((name) => scripts[name] === script)

  const service = Redis.Redis.of({
    send: () => Effect.die("not used"),
    subscribe: () => Effect.die("not used"),
    reserve: Effect.die("not used"),
    eval:
      (script) =>
      (...params) =>
        run(nameOf(script) ?? "visit", params)
  })
  const layer = Layer.effect(
    Redis.Redis,
    Effect.acquireRelease(
      Effect.suspend(() => {
        state.connections += 1
        if (state.mode === "throw") return Effect.die(new TypeError("Invalid URL"))
        if (state.mode === "away") return new Redis.RedisError({ cause: new Error("refused") })
        // Acquiring is not ended by an interrupt.
        if (state.mode === "stuck") return Effect.never
        state.open += 1
        return Effect.succeed(service).pipe(Effect.delay(state.connecting))
      }),
      () => Effect.sync(() => void (state.open -= 1))
    )
  )
  return { layer, state, texts, leases, fences, withdrawn }
})

/** One of them. */
export type Fake = Effect.Success<ReturnType<typeof make>>
