/** `node vendor.ts [speechmatics]`: an emulated vendor, Soniox or that one. Prints where it listens, and what clients are to be told by their environment. */
import * as Node from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Speechmatics from "@tempcred/emulator/Speechmatics"

const emulator = process.argv[2] === "speechmatics" ? Speechmatics.make() : Soniox.make()
const { origin } = await Node.serve(emulator)

process.stdout.write(`${JSON.stringify({ origin, env: emulator.env(origin) })}\n`)
