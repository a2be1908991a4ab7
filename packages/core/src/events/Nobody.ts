/** The default receiver of events, by which publishers know that nobody listens. */
import * as Effect from "effect/Effect"

/** Discards an event. */
export const nobody = (_: unknown): Effect.Effect<void> => Effect.void
