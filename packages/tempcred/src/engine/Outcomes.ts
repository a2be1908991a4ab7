/** Makes plain results of the engine's credentials and errors. */
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import { fingerprint } from "@tempcred/core/Fingerprint"
import type { TempCredential } from "@tempcred/core/TempCredential"
import { type Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { makeCredential } from "../plain/credential.ts"
import type { Credential, Failure } from "../plain/types.ts"
import type { Outcome } from "./Engine.ts"
import { Misuse } from "./Misuse.ts"

/** Plain credentials by the engine's, so that a repeated hit of the cache returns the same object. */
const known = new WeakMap<TempCredential, Promise<Credential>>()
const origins = new WeakMap<Credential, TempCredential>()

/** Returns the engine's credential of a plain one. */
export const originOf = (credential: Credential): TempCredential | undefined => origins.get(credential)

/** Makes a plain credential, once. */
export const credentialOf = (minted: TempCredential): Promise<Credential> => {
  const found = known.get(minted) ?? plain(minted)
  known.set(minted, found)
  return found
}

const plain = async (minted: TempCredential): Promise<Credential> => {
  const { expiresAt, issuedAt, maxSession, token, usableUntil, ...terms } = minted
  const credential = makeCredential({
    ...terms,
    token: Redacted.value(token),
    fingerprint: await Effect.runPromise(fingerprint(token)),
    issuedAt: DateTime.toDateUtc(issuedAt),
    expiresAt: DateTime.toDateUtc(expiresAt),
    ...(usableUntil === undefined ? {} : { usableUntil: DateTime.toDateUtc(usableUntil) }),
    ...(maxSession === undefined ? {} : { maxSessionSeconds: Duration.toSeconds(maxSession) })
  })
  origins.set(credential, minted)
  return credential
}

const failureOf = (provider: string, reason: Reason): Failure => ({
  provider,
  reason: reason._tag,
  message: reason.message,
  ...(reason.status === undefined ? {} : { status: reason.status }),
  ...(reason.code === undefined ? {} : { code: reason.code }),
  ...(reason.requestId === undefined ? {} : { requestId: reason.requestId }),
  ...(reason.retryAfter === undefined ? {} : { retryAfterSeconds: Duration.toSeconds(reason.retryAfter) }),
  ...(reason._tag === "InvalidRequestError" ? { issues: reason.issues } : {}),
  ...(reason._tag === "UnsupportedError" ? { feature: reason.feature } : {}),
  isRetryable: reason.isRetryable
})

/** Makes the plain failure of a mint. */
export const failed = ({
  failures,
  message,
  provider,
  reason
}: TempCredentialError): Failure & { readonly failures?: ReadonlyArray<Failure> } => {
  const failure = { ...failureOf(provider, reason), message }
  const all = failures?.map((one) => failureOf(one.provider, one.reason))
  return all === undefined ? failure : { ...failure, failures: all }
}

/** The functions of this package whose options an issue names, by the engine's name of them. */
const functions: ReadonlyArray<readonly [engine: string, own: string]> = [
  ["Providers.", "createMinter."],
  ["WarmPool.", "createMinter.pool."],
  ["TokenServer.allowedOrigins", "createEndpoint.cors.origins"],
  ["TokenServer.allowedHeaders", "createEndpoint.cors.headers"],
  ["TokenServer.", "createEndpoint."],
  ["Accounts.capacity", "createMinter.maxAccounts"],
  ["IssuancePolicy.subject.hashedWith", "createEndpoint.policy.hashSubjectsWith"],
  ["IssuancePolicy.terms", "createEndpoint.policy.terms"],
  ["IssuancePolicy.", "createEndpoint.policy.terms."],
  ["Limits.", "createEndpoint.limits."],
  ["Authenticator.layerJwt.", "jwt."],
  ["Authenticator.layerBearer", "bearer"]
]

const plainName = (name: string): string => {
  const [engine, own] = functions.find(([prefix]) => name.startsWith(prefix)) ?? ["", ""]
  return own + name.slice(engine.length)
}

/** Secrets are plain text here. */
const plainMessage = (message: string): string =>
  message.replace("must be a Redacted of ", "must be ").replace(": wrap it in Redacted.make", "")

/** Makes the result of a rejection of the engine. Throws what is none of its own errors. */
const rejection = (error: unknown): Outcome<never> => {
  if (error instanceof TempCredentialError) return { type: "failed", failure: failed(error) }
  if (error instanceof Misuse) return { type: "misconfigured", issues: error.issues }
  if (error instanceof ConfigurationError) {
    return {
      type: "misconfigured",
      issues: error.issues.map(({ message, name }) => ({ name: plainName(name), message: plainMessage(message) }))
    }
  }
  if (Predicate.isTagged(error, "ClosedError")) return { type: "closed" }
  throw error
}

/** Makes the result of work with the engine. */
export const settled = async <A>(work: () => Promise<A>): Promise<Outcome<A>> => {
  try {
    return { type: "done", value: await work() }
  } catch (error) {
    return rejection(error)
  }
}
