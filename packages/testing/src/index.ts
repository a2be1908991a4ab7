/**
 * The adapter contract of tempcred, and the emulators as an HttpClient layer. `@tempcred/testing/EmulatorMsw` mounts them in msw.
 *
 * @since 0.1.0
 */

export { contract } from "./Contract.ts"
export * as EmulatorHttpClient from "./EmulatorHttpClient.ts"
export * as Harness from "./Harness.ts"
