/**
 * One interface for short-lived speech vendor credentials.
 *
 * @since 0.1.0
 */

export { Accounts } from "./Accounts.ts"
export * as Adapter from "./Adapter.ts"
export type { Capabilities, Capability } from "./Capabilities.ts"
export { ConfigurationError } from "./ConfigurationError.ts"
export * as Connection from "./Connection.ts"
export { CredentialCache } from "./CredentialCache.ts"
export * as CredentialSharing from "./CredentialSharing.ts"
export * as Environment from "./Environment.ts"
export * as Events from "./Events.ts"
export * as Failover from "./Failover.ts"
export { fingerprint } from "./Fingerprint.ts"
export * as KeySource from "./KeySource.ts"
export * as Minter from "./Minter.ts"
export type { MintRequest } from "./MintRequest.ts"
export * as Providers from "./Providers.ts"
export { Purpose } from "./Purpose.ts"
export * as RateGate from "./RateGate.ts"
export * as RetryPolicy from "./RetryPolicy.ts"
export { TempCredential } from "./TempCredential.ts"
export {
  AuthenticationError,
  InvalidRequestError,
  InvalidResponseError,
  PermissionError,
  QuotaError,
  RateLimitError,
  TempCredentialError,
  TransportError,
  UnavailableError,
  UnsupportedError
} from "./TempCredentialError.ts"
export { type MintOptions, TempCredentialProvider } from "./TempCredentialProvider.ts"
export * as TokenEndpoint from "./TokenEndpoint.ts"
export { Transport } from "./Transport.ts"
export * as VendorApi from "./VendorApi.ts"
export * as WarmPool from "./WarmPool.ts"
