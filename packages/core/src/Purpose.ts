/**
 * The purposes of credentials. An adapter maps each purpose to a product of its vendor, or reports
 * it as unsupported.
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

const all = ["stt.realtime", "stt.batch", "tts.realtime", "tts.batch", "agent", "realtime"] as const

/**
 * Schema of a `Purpose`: speech to text or text to speech, streamed or as a job; a hosted voice
 * agent; or speech to speech (`"realtime"`). `Purpose.literals` lists all purposes.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Purpose: Schema.Literals<typeof all> = Schema.Literals(all)

/**
 * The purpose of a credential.
 *
 * @category models
 * @since 0.1.0
 */
export type Purpose = (typeof all)[number]
