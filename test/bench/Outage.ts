/** A vendor's outage of five minutes, as apps see it with each contestant's rules of renewal and retry. */
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as TestClock from "effect/testing/TestClock"
import { mock } from "node:test"
import { setImmediate } from "node:timers/promises"
import type { Door } from "./Door.ts"
import { chance, layer, request } from "./Ours.ts"
import { peers } from "./Peers.ts"
import { type Figure, figure, type Options, type Row } from "./Row.ts"
import * as Vendor from "./Vendor.ts"

const outageSeconds = 300

/** The time limit for noticing the vendor's return. */
const patienceSeconds = 600

/** A contestant with one caller a second, in virtual time. */
interface World {
  readonly name: string
  readonly open: (vendor: Vendor.Vendor) => {
    /** Asks, lets a second pass, and tells whether a credential came within it. */
    readonly ask: () => Promise<boolean>
    readonly close: () => Promise<void>
  }
}

/** Our library with Effect's test clock. */
export const ourWorld: World = {
  name: "tempcred",
  open: (vendor) => {
    const runtime = ManagedRuntime.make(Layer.provideMerge(layer(vendor), [TestClock.layer(), chance]))
    const ask = Effect.gen(function* () {
      const { mint } = yield* TempCredentialProvider
      const asked = yield* Effect.forkChild(mint(request()), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      const exit = asked.pollUnsafe()
      return exit !== undefined && Exit.isSuccess(exit)
    })
    return { ask: () => runtime.runPromise(ask), close: () => runtime.dispose() }
  }
}

const steps = 4

/** Makes the world of a peer, with virtual timers and a virtual `Date`. */
export const peerWorld = ({ name, open }: Door): World => ({
  name,
  open: (vendor) => {
    mock.timers.enable({ apis: ["Date", "setTimeout"], now: 0 })
    const get = open(vendor)
    const ask = async () => {
      let served = false
      void get().then(
        () => (served = true),
        () => undefined
      )
      for (let step = 0; step < steps; step++) {
        await setImmediate()
        mock.timers.tick(1000 / steps)
      }
      return served
    }
    const close = async () => {
      // Lets the callbacks of the last step run before the real clock returns.
      await setImmediate()
      mock.timers.reset()
    }
    return { ask, close }
  }
})

export interface Endured {
  /** The number of gets during the outage while a credential was valid; there is one a second. */
  readonly covered: number
  readonly served: number
  readonly attempts: number
  /** The seconds from the end of the outage until a served get. */
  readonly recovery: number
}

/** Runs an outage that starts this number of seconds after the first mint. */
export const endure = async (world: World, lifeSeconds: number, start: number): Promise<Endured> => {
  const end = start + outageSeconds
  let second = 0
  const vendor = Vendor.make({ lifeSeconds, milliseconds: 0, isDown: () => second >= start && second < end })
  const { ask, close } = world.open(vendor)
  let covered = 0
  let served = 0
  let minted = 0
  let aliveUntil = 0
  try {
    for (; second < end + patienceSeconds; second++) {
      const answered = await ask()
      if (second >= end && answered) break
      if (vendor.mints() > minted) aliveUntil = second + lifeSeconds
      minted = vendor.mints()
      if (second < start || second >= aliveUntil) continue
      covered += 1
      if (answered) served += 1
    }
  } finally {
    await close()
  }
  return { covered, served, attempts: vendor.refusals(), recovery: second - end }
}

/** The shortest pause after a failed renewal, as a share of the credential's life. */
const pause = 0.05

/**
 * Returns the number of attempts that the cache may make: a renewal after each pause while a credential is valid,
 * then one for each get, plus retries within their budget.
 */
export const plan = (lifeSeconds: number, { covered }: Endured): number => {
  const { attempts, budget } = RetryPolicy.standard
  const renewals = covered === 0 ? 0 : 1 + Math.floor(covered / (pause * lifeSeconds))
  const mints = renewals + outageSeconds - covered
  return mints + Math.min((attempts - 1) * mints, budget.capacity / budget.cost)
}

/** Returns start times that are spread evenly over a credential's lifetime. */
export const starts = (lifeSeconds: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, run) => Math.floor(((run + 0.5) / count) * lifeSeconds))

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((one, other) => one + other, 0)

const share = (runs: ReadonlyArray<Endured>): number =>
  (100 * sum(runs.map(({ served }) => served))) / sum(runs.map(({ covered }) => covered))

const measure = async (lifeSeconds: number, count: number): Promise<ReadonlyArray<Row>> => {
  const watch = async (world: World): Promise<ReadonlyArray<Endured>> => {
    const seen: Array<Endured> = []
    for (const start of starts(lifeSeconds, count)) seen.push(await endure(world, lifeSeconds, start))
    return seen
  }
  const own = await watch(ourWorld)
  const others: Array<readonly [name: string, runs: typeof own]> = []
  for (const peer of peers) others.push([peer.name, await watch(peerWorld(peer))])
  const figures = (make: (runs: typeof own) => Figure) => ({
    ours: make(own),
    peers: Object.fromEntries(others.map(([name, runs]) => [name, make(runs)]))
  })
  const rounds = (pick: (run: Endured) => number) => figures((runs) => figure({ name: "", rounds: runs.map(pick) }))
  const served = figures((runs) => ({ value: share(runs) }))
  const allowed = Math.max(...own.map((run) => plan(lifeSeconds, run)))
  const question = `A vendor down for ${outageSeconds / 60} minutes, a credential of ${lifeSeconds / 60} minutes fetched every second`
  const note = `virtual time, ${count} outages that begin at points spread evenly over the credential's life`
  return [
    {
      ...served,
      question: `${question}: served while a credential lives`,
      unit: "%",
      better: "more",
      targets: [{ promise: "all of them", reached: served.ours.value === 100 }],
      note: `${note}; a served get has a result within the second`
    },
    {
      ...rounds(({ attempts }) => attempts),
      question: `${question}: attempts at the vendor meanwhile`,
      unit: "attempts",
      targets: [
        {
          promise: `within the plan of the cache, which is at most ${allowed} here`,
          reached: own.every((run) => run.attempts <= plan(lifeSeconds, run))
        }
      ],
      note: `${note}; the plan is a renewal after each pause of 5 % of the life, one mint a get once the credential has ended, and twenty retries in all`
    },
    {
      ...rounds(({ recovery }) => recovery),
      question: `${question}: seconds from the vendor's return until a get is served`,
      unit: "seconds",
      note
    }
  ]
}

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const count = quick ? 4 : 24
  return [...(await measure(600, count)), ...(await measure(1800, count))]
}
