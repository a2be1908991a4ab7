/** Measures in a process of its own, where nobody else's heap or compiled code is in the way. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Crowd } from "./ColdGets.ts"

/** What each probe of `probe.ts` prints. */
export interface Results {
  readonly crowds: ReadonlyArray<Crowd>
  readonly hold: number
  readonly bare: number
}

const program = fileURLToPath(new URL("probe.ts", import.meta.url))

export const run = async <Probe extends keyof Results>(
  probe: Probe,
  door: string,
  count: number
): Promise<Results[Probe]> => {
  const args = ["--expose-gc", program, probe, door, String(count)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout)
}
