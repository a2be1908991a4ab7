/** Checks and attributes of spans. A mint without a tracer and without a parent span makes no span. */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** Tells whether a fiber has a tracer or an open span. */
export const isTraced = ({ cache }: Fiber.Fiber<unknown, unknown>): boolean =>
  cache.tracer !== undefined || cache.span !== undefined

/** Adds an attribute to the current span, if there is one. */
export const annotate = (name: string, value: unknown): Effect.Effect<void> =>
  Effect.withFiber(({ cache }) => (cache.span === undefined ? Effect.void : Effect.annotateCurrentSpan(name, value)))
