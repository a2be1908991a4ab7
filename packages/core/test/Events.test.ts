import * as Events from "@tempcred/core/Events"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Acme from "./acme.ts"

const receivers: Readonly<Record<string, () => Effect.Effect<unknown, unknown>>> = {
  throws: () => {
    throw new Error("audit disk full")
  },
  fails: () => Effect.fail("audit disk full"),
  dies: () => Effect.die("audit disk full"),
  "never ends": () => Effect.never
}

for (const [name, receive] of Object.entries(receivers)) {
  it.live(`a mint succeeds if an event receiver ${name}`, () =>
    Effect.gen(function* () {
      const layer = Acme.layer().pipe(Layer.provide([Acme.vendor(Acme.ok).layer, Events.layer(receive)]))
      const credential = yield* TempCredentialProvider.use(({ mint }) => mint({ purpose: "stt.realtime" })).pipe(
        Effect.provide(layer)
      )
      assert.strictEqual(credential.provider, "acme")
    })
  )
}

it.effect("publishing an event waits for a receiver for one second at most", () =>
  Effect.gen(function* () {
    const event = { _tag: "CircuitOpened", provider: "acme" } as const
    const fiber = yield* Effect.forkChild(
      Events.publish(event).pipe(Effect.provide(Events.layer(() => Effect.never))),
      { startImmediately: true }
    )
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(fiber)
  })
)
