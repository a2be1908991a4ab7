/** Checks that several clauses share. */
import { assert } from "@effect/vitest"
import type { Capabilities, Capability } from "@tempcred/core/Capabilities"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { Purpose } from "@tempcred/core/Purpose"
import type { TempCredential } from "@tempcred/core/TempCredential"
import { type Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import type { LogEntry } from "@tempcred/emulator/Emulator"
import type { Changes, Subject, Trial } from "./Trial.ts"

/** Finds the capability of the subject's own purpose. */
export const capability = ({ adapter, request }: Subject): Capability => {
  const found = adapter.capabilities[request.purpose]
  assert.isDefined(found, "the subject's request has a purpose that the adapter lacks")
  return found
}

/** Lists the purposes of an adapter with their capabilities. */
export const purposes = (capabilities: Capabilities): ReadonlyArray<readonly [Purpose, Capability]> =>
  Purpose.literals.flatMap((purpose) => {
    const found = capabilities[purpose]
    return found === undefined ? [] : [[purpose, found] as const]
  })

/** Returns the error of a mint that must fail. */
export const failure = <E>(minting: Effect.Effect<unknown, E>): Effect.Effect<E> =>
  Effect.match(minting, { onFailure: (error) => error, onSuccess: () => assert.fail("it minted, and had to fail") })

/** Returns the reason of a mint that must fail. */
export const reason = (minting: Effect.Effect<unknown, unknown>): Effect.Effect<Reason> =>
  Effect.map(failure(minting), (error) => {
    assert.instanceOf(error, TempCredentialError)
    return error.reason
  })

/** Runs an effect on a test clock that advances while the effect waits. Waiting takes no real time. */
export const skippingWaits: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E> = Effect.fnUntraced(function* <
  A,
  E
>(effect: Effect.Effect<A, E>) {
  yield* TestClock.setTime(Date.now())
  const fiber = yield* Effect.forkChild(effect)
  // The steps are short, so that a pending response arrives before its time-out.
  const step = Effect.andThen(settled, TestClock.adjust("50 millis"))
  yield* Effect.whileLoop({ while: () => fiber.pollUnsafe() === undefined, body: () => step, step: () => {} })
  return yield* Fiber.join(fiber)
}, Effect.provide(TestClock.layer()))

/** Waits until pending promises have settled. */
const settled = Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, 0)))

/** Checks that a request fails for one of these reasons, and that nothing is sent. */
export const refusedUnsent = Effect.fnUntraced(function* (
  { mint, requests }: Trial,
  request: Partial<MintRequest>,
  ...tags: ReadonlyArray<Reason["_tag"]>
) {
  const found = yield* reason(mint(request))
  assert.include(tags, found._tag, found.message)
  assert.strictEqual(requests.length, 0)
  return found
})

/** Mints, and returns the words that reached the vendor: the call, or the credential that is signed here. */
export const served = Effect.fnUntraced(function* ({ emulator, mint }: Trial, request?: Partial<MintRequest>) {
  const credential = yield* mint(request)
  const heard = emulator.log.map(wordsOf).join("\n")
  return { credential, heard: heard === "" ? claimsOf(Redacted.value(credential.token)) : heard }
})

const wordsOf = ({ body, headers, url }: LogEntry): string => `${url} ${JSON.stringify(headers)} ${body}`

/** Decodes the claims of a JWT. Any other token, such as a signed URL, is returned as it is. */
const claimsOf = (token: string): string => {
  const [, claims] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token) ?? []
  return claims === undefined ? token : atob(claims.replaceAll("-", "+").replaceAll("_", "/"))
}

/** Counts the seconds from issue to expiry, or to another time. */
export const lifetime = ({ expiresAt, issuedAt }: TempCredential, end: DateTime.Utc = expiresAt): number =>
  Duration.toSeconds(DateTime.distance(issuedAt, end))

/** Lists the required variables of an adapter's options of one kind. */
export const variables = ({ adapter }: Subject, kind: "key" | "url"): ReadonlyArray<string> =>
  Object.values(adapter.options).flatMap((option) => (option.kind === kind ? option.variables : []))

/** A long-lived key that no emulator accepts. */
export const unknownKey = "a-key-that-no-vendor-knows"

/** Configures that key. */
export const withUnknownKey = (subject: Subject): Changes => ({
  env: Object.fromEntries(variables(subject, "key").map((name) => [name, unknownKey]))
})

/** Changes every string of a vendor's JSON response. */
export const saying =
  (change: (text: string) => string): NonNullable<Changes["reply"]> =>
  async (response) => {
    const changed = (_: string, value: unknown) => (typeof value === "string" ? change(value) : value)
    const body: unknown = JSON.parse(await response.text(), changed)
    return Response.json(body, { status: response.status, headers: response.headers })
  }

/** Adds fields to a vendor's JSON response. */
export const adding =
  (fields: object): NonNullable<Changes["reply"]> =>
  async (response) =>
    Response.json({ ...(await response.json()), ...fields }, { status: response.status, headers: response.headers })
