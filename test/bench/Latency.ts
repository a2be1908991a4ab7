/** The time of occasional mints at a distant vendor: all contestants at once, each in its own process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { Done } from "./contestant.ts"
import {
  bareFetch,
  type Contestant,
  minter,
  minterOverFetch,
  sonioxNode,
  type Task,
  undiciPool,
  undiciPoolKept
} from "./Contestants.ts"
import * as Process from "./Process.ts"
import * as Profile from "./Profile.ts"
import { atMost, compare, type Options, type Row } from "./Row.ts"

const roundTrip = 40
const limit = 1.15

interface Distant {
  readonly env: Readonly<Record<string, string>>
  readonly certificate: string
}

interface Pace {
  readonly mints: number
  readonly seconds: number
}

interface Seen {
  readonly name: string
  readonly mints: ReadonlyArray<Done>
}

type Racer = Process.Consulted<Task, Done>

/** Mints at its own offset, so that contestants do not disturb each other. */
const watch = async (racer: Racer, { mints, seconds }: Pace, offset: number): Promise<ReadonlyArray<Done>> => {
  const start = performance.now() + offset
  const seen: Array<Done> = []
  for (let count = 0; count < mints; count++) {
    await sleep(Math.max(0, start + count * seconds * 1000 - performance.now()))
    seen.push(await racer.ask({ callers: 1, milliseconds: 0 }))
  }
  return seen
}

/** Warms up the vendor. */
const warmUp = async (racer: Racer): Promise<void> => {
  await using guest = racer
  await guest.ask({ callers: 4, milliseconds: 500 })
}

const race = async (
  contestants: ReadonlyArray<Contestant>,
  pace: Pace,
  flags: ReadonlyArray<string> = []
): Promise<ReadonlyArray<Seen>> => {
  await using vendor = await Process.serve<Distant>(new URL("servers/distant.ts", import.meta.url), [roundTrip / 2])
  const folder = mkdtempSync(join(tmpdir(), "tempcred-bench-"))
  const certificate = join(folder, "certificate.pem")
  writeFileSync(certificate, vendor.ready.certificate)
  const env = { ...vendor.ready.env, NODE_EXTRA_CA_CERTS: certificate }
  const program = new URL("contestant.ts", import.meta.url)
  await warmUp(Process.consult(program, [undiciPool.name], { env }))
  const racers: ReadonlyArray<Racer> = contestants.map(({ name }) => Process.consult(program, [name], { env, flags }))
  try {
    // Waits until all processes are ready; a task without callers mints nothing.
    await Promise.all(racers.map(({ ask }) => ask({ callers: 0, milliseconds: 0 })))
    const apart = 250
    return await Promise.all(
      contestants.map(async ({ name }, place) => {
        const racer = racers[place]
        return { name, mints: racer === undefined ? [] : await watch(racer, pace, place * apart) }
      })
    )
  } finally {
    await Promise.all(racers.map((racer) => racer[Symbol.asyncDispose]()))
    rmSync(folder, { recursive: true })
  }
}

const roundTrips = ({ milliseconds }: Done): number => milliseconds / roundTrip
const cpu = ({ cpuMicroseconds }: Done): number => cpuMicroseconds

const others = [sonioxNode, bareFetch, undiciPool, undiciPoolKept]

/** Profiles our mints after the first, without other contestants. */
const profile = (): Promise<string> =>
  Profile.of(async (flags) => {
    const pace = { mints: 9, seconds: 4 }
    await race([minter], pace, flags)
    return (pace.mints - 1.5) * pace.seconds * 1000
  })

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const pace = quick ? { mints: 2, seconds: 1 } : { mints: 8, seconds: 15 }
  const seen = await race([minter, minterOverFetch, ...others], pace)
  const versus =
    (own: Contestant, peers: ReadonlyArray<Contestant>) =>
    (pick: (done: Done) => number, from: number, to?: number) => {
      const cut = ({ name }: Contestant) => ({
        name,
        rounds: (seen.find((one) => one.name === name)?.mints ?? []).slice(from, to).map(pick)
      })
      return compare(cut(own), peers.map(cut))
    }
  const part = versus(minter, others)
  const byDefault = versus(minterOverFetch, [sonioxNode, bareFetch])
  const warm = part(roundTrips, 1)
  const unit = "round trips"
  const how = `a round trip takes ${roundTrip} ms; the vendor's server keeps connections for 75 s and does not say so`
  const question = `A mint every ${pace.seconds} s, with the vendor behind TLS and ${roundTrip} ms away`
  const shorter = quick ? "; the full run waits 15 s each time" : ""
  return [
    {
      ...warm,
      question,
      unit,
      targets: [
        {
          ...atMost(limit, unit, warm.ours),
          obstacle: quick
            ? undefined
            : `code that runs every few seconds stays with the interpreter; ${await profile()}`
        }
      ],
      note: `median of ${pace.mints - 1} mints after the first; ${how}${shorter}`
    },
    {
      ...byDefault(roundTrips, 1),
      question: `${question}, over the platform's fetch`,
      unit,
      note: `median of ${pace.mints - 1} mints after the first; ${how}${shorter}`
    },
    {
      ...part(cpu, 1),
      question: `${question}: processor time that it costs the client`,
      unit: "µs",
      note: "of the same mints; code that rarely runs is not compiled, so that this is more than with many mints, and part of the latency"
    },
    {
      ...part(roundTrips, 0, 1),
      question: `The first mint of a process, with the vendor behind TLS and ${roundTrip} ms away`,
      unit,
      note: `one mint; ${how}; a connection takes one to open and one for TLS, and the code is not compiled yet`
    }
  ]
}
