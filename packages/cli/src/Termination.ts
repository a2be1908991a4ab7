/** How a run ends that is not to end by itself: SIGTERM is an orderly stop, Ctrl-C an interruption. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import process from "node:process"

/** Makes SIGTERM an orderly stop from here on, and gives what waits for it: what is open is closed then, and the exit code is 0. */
export const orderly: Effect.Effect<Effect.Effect<void>, never, Scope.Scope> = Effect.suspend(() => {
  const terminated = Deferred.makeUnsafe<void>()
  const received = () => Deferred.doneUnsafe(terminated, Effect.void)
  return Effect.acquireRelease(
    Effect.sync(() => process.once("SIGTERM", received)),
    () => Effect.sync(() => process.off("SIGTERM", received))
  ).pipe(Effect.as(Deferred.await(terminated)))
})

/** Runs the program and exits with its code. The first Ctrl-C interrupts it, which closes what it opened; a second one ends the process at once. */
export const runMain: ReturnType<typeof Runtime.makeRunMain> = Runtime.makeRunMain(({ fiber, teardown }) => {
  const interrupt = () => fiber.interruptUnsafe(fiber.id)
  process.once("SIGINT", interrupt)
  fiber.addObserver((exit) => teardown(exit, (code) => process.exit(code)))
})
