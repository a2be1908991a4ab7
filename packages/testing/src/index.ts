/**
 * The adapter contract of tempcred, and the emulators as msw handlers and as an HttpClient layer.
 *
 * @since 0.1.0
 */
export * as Contract from "./Contract.ts"
export * as EmulatorHttpClient from "./EmulatorHttpClient.ts"
export * as EmulatorMsw from "./EmulatorMsw.ts"
export * as Harness from "./Harness.ts"
