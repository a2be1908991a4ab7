/** One measurement of one contestant: `node --expose-gc probe.ts <probe> <door> <count…>` prints its result as JSON. */
import { crowds } from "./ColdGets.ts"
import type { Door } from "./Door.ts"
import { growing } from "./Growth.ts"
import * as HeldAccounts from "./HeldAccounts.ts"
import { heap } from "./HeldScopes.ts"
import { ours } from "./Ours.ts"
import { peers } from "./Peers.ts"

const probes: Readonly<Record<string, (door: Door, ...counts: [number, number?]) => Promise<unknown>>> = {
  crowds,
  growing,
  hold: ({ hold }, count) => heap(hold, count),
  bare: ({ bare }, count) => heap(bare, count),
  accounts: (_, count) => HeldAccounts.heap(count)
}

const [name = "", asked = "", count = "", more] = process.argv.slice(2)
const door = [ours, ...peers].find((one) => one.name === asked)
const probe = probes[name]
if (probe === undefined || door === undefined) throw new Error(`no such probe or door: ${name}, ${asked}`)
process.stdout.write(JSON.stringify(await probe(door, Number(count), more === undefined ? undefined : Number(more))))
