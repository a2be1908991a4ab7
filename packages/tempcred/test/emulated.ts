/** Minters before emulators, without a port. */
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Speechmatics from "@tempcred/emulator/Speechmatics"
import type { Emulator } from "@tempcred/emulator/Emulator"
import { createMinter } from "../src/index.ts"
import type { Minter, MinterOptions } from "../src/index.ts"

/** A `fetch` that reaches emulators by the hosts of their vendors. */
export const fetchOf =
  (...emulators: ReadonlyArray<Emulator>): typeof fetch =>
  async (input, init) => {
    const request = new Request(input, init)
    const found = emulators.find((emulator) => new URL(request.url).hostname in emulator.hosts)
    if (found === undefined) throw new TypeError(`no emulator answers ${request.url}`)
    return found.handle(request)
  }

/** A minter of emulated Soniox and Speechmatics. */
export const emulated = (
  options: MinterOptions = {}
): { readonly minter: Minter; readonly soniox: Emulator; readonly speechmatics: Emulator } => {
  const [soniox, speechmatics] = [Soniox.make(), Speechmatics.make()]
  const env = { TEMPCRED_PROVIDER: "soniox", SONIOX_API_KEY: soniox.apiKey, SPEECHMATICS_API_KEY: speechmatics.apiKey }
  const minter = createMinter({ fetch: fetchOf(soniox, speechmatics), ...options, env: { ...env, ...options.env } })
  return { minter, soniox, speechmatics }
}
