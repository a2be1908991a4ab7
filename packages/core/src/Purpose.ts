/**
 * What a credential is to be used for: the closed list that every adapter maps to its vendor's products, or refuses.
 *
 * ```ts
 * import { Purpose } from "@tempcred/core/Purpose"
 * import * as Schema from "effect/Schema"
 *
 * console.log(Schema.is(Purpose)("stt.realtime")) // => true
 * console.log(Schema.is(Purpose)("stt")) // => false
 * ```
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * All purposes, in the order in which tables show them.
 *
 * @category constants
 * @since 0.1.0
 */
export const all = ["stt.realtime", "stt.batch", "tts.realtime", "tts.batch", "agent", "realtime"] as const

/**
 * The schema of a purpose: speech to text or text to speech, as a live stream or as a job; a hosted voice agent;
 * or speech to speech (`"realtime"`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const Purpose: Schema.Literals<typeof all> = Schema.Literals(all)

/**
 * One of the purposes.
 *
 * @category models
 * @since 0.1.0
 */
export type Purpose = (typeof all)[number]
