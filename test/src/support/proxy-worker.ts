/**
 * `node proxy-worker.ts <url>…`: sends two requests to each URL through the pool of Node, prints the results,
 * and ends.
 */
import { Transport } from "@tempcred/core/Transport"
import * as NodeTransport from "@tempcred/core/NodeTransport"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"

const sending = Effect.forEach(
  process.argv.slice(2).flatMap((url) => [url, url]),
  (url) =>
    Transport.use(({ send }) => send({ method: "POST", url: new URL(url), key: Redacted.make("the-key") })).pipe(
      Effect.match({ onFailure: ({ message }) => message, onSuccess: ({ status }) => String(status) }),
      // Waits until the connection has returned to the pool.
      Effect.tap(Effect.sleep("20 millis"))
    )
)

// Not disposed, as idle connections do not keep a process alive.
const runtime = ManagedRuntime.make(NodeTransport.layer)
const outcomes = await runtime
  .runPromise(sending)
  .catch((error: unknown) => [error instanceof Error ? error.message : "unknown"])
process.stdout.write(JSON.stringify(outcomes))
