/**
 * `node vendor.ts [soniox|speechmatics] [replayed]`: an emulated vendor; replayed, a server that does nothing else gives its answers, each for
 * a second to whoever sends the same. Prints where it listens, and what clients are to be told by their environment.
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
