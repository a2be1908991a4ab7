/** Spans for those who listen: without a tracer and a span above, they would be made for nobody. */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** Tests whether a tracer is installed, or a span is open, where a fiber runs. */
export const isTraced = ({ cache }: Fiber.Fiber<unknown, unknown>): boolean =>
  cache.tracer !== undefined || cache.span !== undefined

/** Adds an attribute to the current span, where there is one. */
export const annotate = (name: string, value: unknown): Effect.Effect<void> =>
  Effect.withFiber(({ cache }) => (cache.span === undefined ? Effect.void : Effect.annotateCurrentSpan(name, value)))
