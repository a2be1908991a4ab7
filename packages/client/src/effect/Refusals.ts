/** Reports of refused credentials to a token endpoint, and the check that a single-use credential is not repeated. */
import { fingerprint } from "@tempcred/core/Fingerprint"
import type { MintRequest } from "@tempcred/core/MintRequest"
import type { TempCredential } from "@tempcred/core/TempCredential"
import { InvalidResponseError, TempCredentialError } from "@tempcred/core/TempCredentialError"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as MutableHashMap from "effect/MutableHashMap"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"

const millis = (length: MintRequest["ttl"]): number | undefined =>
  length === undefined ? undefined : Option.getOrUndefined(Option.map(Duration.fromInput(length), Duration.toMillis))

/**
 * Returns the parts of a request that reach the endpoint, or undefined for a request that is not an object, which the
 * provider refuses.
 */
const scopeOf = (request: MintRequest): string | undefined =>
  Predicate.isObject(request)
    ? JSON.stringify([
        request.purpose,
        request.region,
        request.singleUse === true,
        millis(request.ttl),
        millis(request.maxSession)
      ])
    : undefined

interface Known {
  readonly scope: string
  readonly endsAt: number
}

/**
 * Reports a refused credential with the next mint of its scope. A response that repeats a single-use credential is an
 * `InvalidResponseError`, and the next mint reports that credential too.
 */
export const reporting = (provider: TempCredentialProvider["Service"]): TempCredentialProvider["Service"] => {
  const known = MutableHashMap.empty<Redacted.Redacted, Known>()
  const refusals = new Map<string, string>()

  const refuse = Effect.fnUntraced(function* (scope: string, { token }: TempCredential) {
    refusals.set(scope, yield* fingerprint(token))
  })

  /** Remembers a credential's scope until it expires. */
  const learn = Effect.fnUntraced(function* (scope: string, credential: TempCredential) {
    const now = yield* Clock.currentTimeMillis
    for (const [token, { endsAt }] of known) if (endsAt <= now) MutableHashMap.remove(known, token)
    if (credential.uses === "once" && MutableHashMap.has(known, credential.token)) {
      yield* refuse(scope, credential)
      const reason = new InvalidResponseError({ detail: "the endpoint repeated a single-use credential" })
      return yield* new TempCredentialError({ provider: provider.id, reason })
    }
    MutableHashMap.set(known, credential.token, { scope, endsAt: DateTime.toEpochMillis(credential.expiresAt) })
    return credential
  })

  return {
    ...provider,
    mint: (request, options) =>
      Effect.suspend(() => {
        const scope = scopeOf(request)
        if (scope === undefined) return provider.mint(request, options)
        const refused = options?.refused ?? refusals.get(scope)
        return Effect.flatMap(provider.mint(request, { ...options, refused }), (credential) => {
          if (refusals.get(scope) === refused) refusals.delete(scope)
          return learn(scope, credential)
        })
      }),
    invalidate: (credential) =>
      Option.match(MutableHashMap.get(known, credential.token), {
        onNone: () => Effect.void,
        onSome: ({ scope }) => refuse(scope, credential)
      }),
    invalidateFingerprint: (request, refused) =>
      Effect.sync(() => {
        const scope = scopeOf(request)
        if (scope !== undefined) refusals.set(scope, refused)
      })
  }
}
