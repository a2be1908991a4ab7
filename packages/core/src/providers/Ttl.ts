/** A default ttl for requests without one. */
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type { Capabilities } from "../Capabilities.ts"
import { DecodedRequest, type MintRequest } from "../MintRequest.ts"
import { TempCredentialProvider } from "../TempCredentialProvider.ts"
import { holding } from "../temp-credential-provider/Holding.ts"

/** Sets the ttl of requests without one, and the default ttl in the capabilities. */
export const layer = (
  ttl: Duration.Duration | undefined
): Layer.Layer<TempCredentialProvider, never, TempCredentialProvider> =>
  Layer.effect(
    TempCredentialProvider,
    TempCredentialProvider.useSync((provider) => {
      if (ttl === undefined) return provider
      const { invalidateFingerprint, mint, [holding]: held = {} } = provider
      const { cached, joined } = held
      const filled = (request: MintRequest): MintRequest => {
        if (request instanceof DecodedRequest) return request.withTtl(ttl)
        return Predicate.isObject(request) ? { ...request, ttl: request.ttl ?? ttl } : request
      }
      return {
        ...provider,
        capabilities: withDefault(provider.capabilities, Duration.toSeconds(ttl)),
        mint: (request, options) => mint(filled(request), options),
        ...(invalidateFingerprint === undefined
          ? {}
          : { invalidateFingerprint: (request, refused) => invalidateFingerprint(filled(request), refused) }),
        [holding]: {
          ...held,
          ...(cached === undefined ? {} : { cached: (request) => cached(filled(request)) }),
          ...(joined === undefined ? {} : { joined: (request, landed) => joined(filled(request), landed) })
        }
      }
    })
  )

const withDefault = (capabilities: Capabilities, ttl: number): Capabilities =>
  Object.fromEntries(
    Object.entries(capabilities).map(([purpose, capability]) => [
      purpose,
      { ...capability, ttlSeconds: { ...capability.ttlSeconds, default: ttl } }
    ])
  )
