/**
 * The state that machines share through Redis.
 *
 * @since 0.1.0
 */

export * as Redis from "./Redis.ts"
