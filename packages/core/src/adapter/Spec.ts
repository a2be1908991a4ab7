/** The description of a vendor with configured options. */
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type { Capabilities, Resolved } from "../Capabilities.ts"
import type { Issue } from "../ConfigurationError.ts"
import type { Connections } from "../Connection.ts"
import type { KeyForm, Parts } from "../key-source/KeyParts.ts"
import type { Source } from "../key-source/KeyRing.ts"
import type { DecodedRequest } from "../mint-request/DecodedRequest.ts"
import type { Purpose } from "../Purpose.ts"
import type { InvalidResponseError, Reason } from "../TempCredentialError.ts"
import type { MintOptions } from "../TempCredentialProvider.ts"
import type * as VendorApi from "../VendorApi.ts"
import type * as Expiry from "./Expiry.ts"
import type { Terms } from "./Terms.ts"

/**
 * A credential as an adapter reads it from a vendor's response.
 */
export interface Minted {
  readonly token: Redacted.Redacted
  readonly expiry: Expiry.Expiry
  readonly connections: Connections
  /**
   * The terms that the response states, such as subject, session limit and number of uses.
   *
   * @default the terms of the request
   */
  readonly terms?: Terms | undefined
}

/**
 * The context of a vendor call. `now` is the current time, for vendors that take timestamps instead of
 * durations. `asked` is the request before defaults were filled in. `mintOptions` are the caller's.
 */
export interface CallContext {
  readonly now: DateTime.Utc
  readonly asked: DecodedRequest
  readonly mintOptions: MintOptions
}

/** The part of a vendor's description that does not depend on how it mints. */
export interface Common<P extends Purpose> {
  /** The vendor's id, as used in configuration and errors. */
  readonly provider: string
  /** The long-lived keys by option name. The layer fails with `ConfigurationError` when a key is unusable. */
  readonly keys: Readonly<Record<string, Source>>
  /** The form of the keys. @default one secret */
  readonly keyForm?: KeyForm | undefined
  /**
   * The problems of the other options, from `ConfigurationError.checkUrl` and similar checks. Any
   * problem fails the layer.
   */
  readonly issues: ReadonlyArray<Issue>
  readonly capabilities: Capabilities<P>
  /** The region for requests without one, for purposes that have regions. */
  readonly region?: string | undefined
  /**
   * Further settings that change the credential, such as base URLs. Machines share credentials only
   * when all of these are equal.
   */
  readonly settings?: ReadonlyArray<string | undefined>
}

/** The description of a vendor that mints over HTTP. */
export interface Spec<P extends Purpose, Response, Failure> extends Common<P> {
  /** Builds the vendor call. The request was already checked against the capabilities. */
  readonly call: (request: Resolved<P>, context: CallContext) => VendorApi.Call
  readonly response: Schema.Codec<Response, unknown>
  /**
   * Reads a decoded response. Returns an `InvalidResponseError` if the response does not match the
   * request. Its `detail` must not contain values from the response.
   */
  readonly credential: (response: Response, request: Resolved<P>) => Minted | InvalidResponseError
  readonly dialect: VendorApi.Dialect<Failure>
}

/** The description of a vendor whose credentials are signed locally. */
export interface SigningSpec<P extends Purpose> extends Common<P> {
  readonly keyOf: (request: Resolved<P>) => Source
  /** Signs a credential with the parts of a key. */
  readonly sign: (request: Resolved<P>, context: CallContext, parts: Parts) => Effect.Effect<Minted, Reason>
}
