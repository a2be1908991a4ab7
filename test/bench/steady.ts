/** `steady.ts <source> <seconds> <seconds to warm up>`: prints the duration of each get in milliseconds. */
import { sources, watch } from "./WarmPool.ts"

const [asked = "", seconds = "", warmUpSeconds = ""] = process.argv.slice(2)
const source = sources.find(({ name }) => name === asked)
if (source === undefined) throw new Error(`there is no source ${asked}`)
process.stdout.write(JSON.stringify(await watch(source, Number(seconds), Number(warmUpSeconds))), () => process.exit())
