/**
 * Speechmatics temporary keys and management API for tempcred.
 *
 * @since 0.1.0
 */

export { ManagementApi } from "./ManagementApi.ts"
export * as Speechmatics from "./Speechmatics.ts"
