/** `node sendOnce.ts <url>`: sends one request, prints its status, and ends. It does not change the dispatcher of fetch. */
import { Transport } from "@tempcred/core/Transport"
import * as NodeTransport from "@tempcred/core/NodeTransport"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"

const taken = [1, 2].filter((version) => Symbol.for(`undici.globalDispatcher.${version}`) in globalThis)
if (taken.length > 0) throw new Error("the platform's fetch sends through something else now")

const [url = ""] = process.argv.slice(2)
const runtime = ManagedRuntime.make(NodeTransport.layer)
const sending = Transport.use(({ send }) => send({ method: "POST", url: new URL(url), key: Redacted.make("the-key") }))
const { status } = await runtime.runPromise(sending)
process.stdout.write(String(status))
