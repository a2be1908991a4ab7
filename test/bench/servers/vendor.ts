/**
 * `node vendor.ts [soniox|speechmatics] [replayed]`: an emulated vendor. With `replayed`, a minimal server repeats
 * its responses to equal requests for a second. Prints its address and the environment variables for clients.
 */
import type { Emulator } from "@tempcred/emulator/Emulator"
import * as Node from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Speechmatics from "@tempcred/emulator/Speechmatics"
import * as Replay from "../Replay.ts"

const [vendor = "soniox", mode] = process.argv.slice(2)
const emulator: Emulator = vendor === "speechmatics" ? Speechmatics.make() : Soniox.make()
const { origin } = await (mode === "replayed" ? Replay.serve(emulator) : Node.serve(emulator))

process.stdout.write(`${JSON.stringify({ origin, env: emulator.env(origin) })}\n`)
