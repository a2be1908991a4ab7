/** The default receiver of events. Publishers compare with it, to skip work when no receiver is provided. */
import * as Effect from "effect/Effect"

/** Discards an event. */
export const nobody = (_: unknown): Effect.Effect<void> => Effect.void
