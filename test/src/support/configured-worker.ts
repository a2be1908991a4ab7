/** A program that is configured only by the environment. Prints whether its minter is ready, or its error. */
import * as Minter from "@tempcred/core/Minter"
import * as Soniox from "@tempcred/soniox/Soniox"
import process from "node:process"

const minter = Minter.make(Soniox.layerConfig)
const outcome = await minter.ready().then(() => "ready", String)
process.stdout.write(outcome)
