/**
 * Short-lived speech vendor credentials in the browser, as plain functions: `source` gets them from the app's token endpoint, `open` connects with one.
 *
 * @since 0.1.0
 */

export { connection, open } from "./Connect.ts"
export type { Choice, Filled, OpenOptions, Query } from "./Connect.ts"
export { ConnectionError } from "./ConnectionError.ts"
export type { ConnectionFailure } from "./ConnectionError.ts"
export type { Connection, Credential, Feature, Placement, Problem, Purpose, Request } from "./Credential.ts"
export { source } from "./Source.ts"
export type { GetOptions, PrefetchOptions, Source } from "./Source.ts"
export type { Fields, Options } from "./source/Options.ts"
export { SourceError } from "./SourceError.ts"
export type { Failure } from "./SourceError.ts"
