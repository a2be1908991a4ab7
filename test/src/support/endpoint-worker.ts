/** A token endpoint on a port of its own process, before Soniox: it tells where it listens, measures its heap when it is asked, and stops when it is told to end. */
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import { Transport } from "@tempcred/core/Transport"
import * as Authenticator from "@tempcred/server/Authenticator"
import * as Node from "@tempcred/server/Node"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { setTimeout as sleep } from "node:timers/promises"

/** What a worker is told when it starts, as JSON in its first argument. */
export interface Settings {
  readonly origin: string
  readonly apiKey: string
}

export type Message =
  | { readonly _tag: "Listening"; readonly origin: string }
  /** After collecting garbage, in bytes: of the heap, and of the whole process. */
  | { readonly _tag: "Memory"; readonly heap: number; readonly resident: number }

const send = (message: Message): void => void process.send?.(message)

const settings: Settings = JSON.parse(process.argv[2] ?? "{}")

/** Whoever has a token is who the token says. */
const authenticator = Authenticator.layer(({ token }) =>
  token === undefined
    ? Effect.fail(new Authenticator.UnauthenticatedError({ hint: "send a token" }))
    : Effect.succeed({ subject: Redacted.value(token), claims: {} })
)

const provider = Soniox.layer({ apiKey: Redacted.make(settings.apiKey), baseUrl: settings.origin }).pipe(
  Layer.provide([
    Transport.layer,
    RetryPolicy.layer({ attempts: 2, attemptTimeout: Duration.seconds(6), deadline: Duration.seconds(15) })
  ])
)

const runtime = ManagedRuntime.make(
  Node.layer({ port: 0, limits: { perMinute: 1_000_000 } }).pipe(Layer.provide([provider, authenticator]))
)
const { origin } = await runtime.runPromise(Node.Listening)

const measured = async () => {
  // What ended just now is let go of by timers that are short.
  for (let round = 0; round < 5; round++) {
    await sleep(50)
    globalThis.gc?.()
  }
  const { heapUsed, rss } = process.memoryUsage()
  send({ _tag: "Memory", heap: heapUsed, resident: rss })
}

process.on("message", () => void measured())
process.on("SIGTERM", () => void runtime.dispose().then(() => process.disconnect()))
send({ _tag: "Listening", origin })
