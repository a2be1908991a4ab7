/** The contract between the plain half of this package and the engine, which is loaded at first use. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { Authenticator } from "@tempcred/server/Authenticator"
import type { Redis } from "@tempcred/redis/Redis"
import type { Layer } from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { NodeRequest, NodeResponse } from "../plain/server-types.ts"
import type { ConfigurationIssue, Credential, Failure, MintOptions, MintRequest, ProviderName } from "../plain/types.ts"

/** A result of the engine. Errors are made by the plain half, in the caller's own stack. */
export type Outcome<A> =
  | { readonly type: "done"; readonly value: A }
  | { readonly type: "failed"; readonly failure: Failure & { readonly failures?: ReadonlyArray<Failure> } }
  | { readonly type: "misconfigured"; readonly issues: ReadonlyArray<ConfigurationIssue> }
  | { readonly type: "closed" }

/** A running minter. Its promises reject only with the reason of the caller's signal, or with a defect. */
export interface Engine {
  readonly mint: (request: MintRequest, options: MintOptions) => Promise<Outcome<Credential>>
  readonly invalidate: (credential: Credential) => Promise<Outcome<void>>
  readonly forget: (account: string) => Promise<Outcome<void>>
  readonly ready: () => Promise<Outcome<void>>
  readonly close: () => Promise<void>
  /** The provider of the engine, for the endpoint. */
  readonly provider: ProviderLayer
}

/** Makes the layer of a vendor with plain options. */
export type LayerOf<Options> = (options: Options) => ProviderLayer

/** A vendor with its options, before its adapter is loaded. */
export interface ProviderSource {
  readonly id: ProviderName
  readonly load: () => Promise<ProviderLayer>
}

/** The store of a shared cache. */
export interface Store {
  readonly redis: Redis
  /** The key that encrypts credentials. */
  readonly key: Redacted.Redacted | undefined
}

/** The way to identify callers. */
export type Callers = Layer<Authenticator, ConfigurationError>

/** A running endpoint. Its promises reject only with defects. */
export interface RunningEndpoint {
  readonly fetch: (request: Request, incoming: unknown) => Promise<Outcome<Response>>
  readonly node: (request: NodeRequest, response: NodeResponse) => Promise<Outcome<void>>
  readonly ready: () => Promise<Outcome<void>>
  readonly close: () => Promise<void>
}
