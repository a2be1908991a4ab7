/** A program that is configured by the environment alone: prints whether its minter is ready, or what is wrong. */
import * as Minter from "@tempcred/core/Minter"
import * as Soniox from "@tempcred/soniox/Soniox"
import process from "node:process"

const minter = Minter.make(Soniox.layerConfig)
const outcome = await minter.ready().then(() => "ready", String)
process.stdout.write(outcome)
