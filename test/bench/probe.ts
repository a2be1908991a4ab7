/** One measurement of one contestant, for `Process.ts`: `node --expose-gc probe.ts <probe> <door> <count>` prints its result as JSON. */
import { crowds } from "./ColdGets.ts"
import type { Door } from "./Door.ts"
import { heap } from "./HeldScopes.ts"
import { ours } from "./Ours.ts"
import { peers } from "./Peers.ts"
import type { Results } from "./Process.ts"

const probes: { readonly [Probe in keyof Results]: (door: Door, count: number) => Promise<Results[Probe]> } = {
  crowds,
  hold: ({ hold }, count) => heap(hold, count),
  bare: ({ bare }, count) => heap(bare, count)
}

const isProbe = (name: string): name is keyof Results => name in probes

const [name = "", asked = "", count = ""] = process.argv.slice(2)
const door = [ours, ...peers].find((one) => one.name === asked)
if (!isProbe(name) || door === undefined) throw new Error(`no such probe or door: ${name}, ${asked}`)
process.stdout.write(JSON.stringify(await probes[name](door, Number(count))))
