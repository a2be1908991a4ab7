/** The number of mints of a credential of 30 s, with each contestant's rules of renewal. */
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { mock } from "node:test"
import { setImmediate } from "node:timers/promises"
import type { Door } from "./Door.ts"
import { layer, request } from "./Ours.ts"
import { peers, tuned } from "./Peers.ts"
import { atMost, type Figure, type Options, type Row } from "./Row.ts"
import * as Vendor from "./Vendor.ts"

const terms: Vendor.Terms = { lifeSeconds: 30, milliseconds: 0 }
const seconds = 600
const limit = 32

/** Counts our mints with Effect's test clock, which moves both the wall clock and the monotonic one. */
export const ourMints = async (): Promise<number> => {
  const vendor = Vendor.make(terms)
  const program = Effect.gen(function* () {
    const { mint } = yield* TempCredentialProvider
    for (let second = 0; second < seconds; second++) {
      yield* mint(request())
      yield* TestClock.adjust("1 second")
    }
  })
  await Effect.runPromise(program.pipe(Effect.provide(layer(vendor)), Effect.provide(TestClock.layer())))
  return vendor.mints()
}

/** Counts a peer's mints with a virtual `Date`, which is the only clock that peers read. */
export const peerMints = async ({ open }: Door): Promise<number> => {
  const vendor = Vendor.make(terms)
  mock.timers.enable({ apis: ["Date"], now: 0 })
  try {
    const get = open(vendor)
    for (let second = 0; second < seconds; second++) {
      await get()
      // Lets a renewal in the background finish before the next second.
      await setImmediate()
      mock.timers.tick(1000)
    }
  } finally {
    mock.timers.reset()
  }
  return vendor.mints()
}

export const rows = async (_: Options): Promise<ReadonlyArray<Row>> => {
  const own = await ourMints()
  const others: Array<readonly [name: string, figure: Figure]> = []
  for (const door of [...peers, ...tuned(3000)]) others.push([door.name, { value: await peerMints(door) }])
  return [
    {
      question: `A credential of ${terms.lifeSeconds} s fetched every second for ${seconds / 60} minutes`,
      unit: "mints",
      ours: { value: own },
      peers: Object.fromEntries(others),
      targets: [atMost(limit, "mints", { value: own })],
      note: "virtual time: TestClock for ours, a mocked Date for peers; peers with their default window, then with one of 3 s, where each renewal makes a caller wait"
    }
  ]
}
