/**
 * Short-lived credentials of speech vendors, minted by a backend. The backend keeps the vendor's long-lived key; a browser or phone gets a credential for a few
 * minutes and connects to the vendor itself.
 *
 * ```ts
 * import { createMinter } from "tempcred"
 *
 * const minter = createMinter({ provider: "soniox" }) // and SONIOX_API_KEY in the environment
 * const credential = await minter.mint({ purpose: "stt.realtime", subject: "user-42" })
 * console.log(credential.provider, credential.uses) // => soniox many
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */

import { makeMinter } from "./plain/minter.ts"
import type { Minter, MinterOptions } from "./plain/minter-types.ts"

export { ClosedError, ConfigurationError, TempcredError } from "./plain/errors.ts"
export type { Event } from "./plain/event-types.ts"
export type {
  VendorMinterOptions,
  Minter,
  MinterOptions,
  PoolOptions,
  Provider,
  SharedCache,
  Variables
} from "./plain/minter-types.ts"
export type {
  ClientCredential,
  ConfigurationIssue,
  Connection,
  Credential,
  CredentialTerms,
  Failure,
  Feature,
  Issue,
  Json,
  Key,
  Length,
  MintOptions,
  MintRequest,
  Placement,
  ProviderName,
  Purpose,
  Reason,
  SessionBinding,
  TimeUnit
} from "./plain/types.ts"
export type {
  AssemblyAiOptions,
  DeepgramOptions,
  ElevenLabsOptions,
  GeminiOptions,
  OpenAiOptions,
  SonioxOptions,
  SpeechmaticsOptions
} from "./plain/vendor-types.ts"

/**
 * Makes a minter. Without options it is configured by the environment: `TEMPCRED_PROVIDER` names the vendors, and each has its key, such as `SONIOX_API_KEY`.
 * Nothing is loaded or read until the first call; call `ready` at start to find mistakes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createMinter: (options?: MinterOptions) => Minter = (options = {}) =>
  makeMinter(async () => (await import("./engine/configured.ts")).startConfigured(options))
