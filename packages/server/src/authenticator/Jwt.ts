/** JWTs: signed by a key of a key set or with a shared secret, never by both ways, with an end and a subject. */
import { checkUrl, ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import { isName } from "@tempcred/core/MintRequest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from "jose"
import type { JwtOptions } from "../Authenticator.ts"
import * as KeySet from "./KeySet.ts"
import * as TokenFrom from "./TokenFrom.ts"
import { isSubject, refused, subjectRule, type Verdict } from "./Verdict.ts"

/** Those whose verifying key is public; none of them can be confused with a shared secret. */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519"
] as const

/** What a key of a key set may sign with. */
export type Algorithm = (typeof algorithms)[number]

/** In bytes: as long as what HS256 makes. */
const shortestSecret = 32

/** Each costs a verification, which anybody can ask for. */
const mostCandidates = 16

/** In seconds since 1970: the end of the year 9999. A later date is one in milliseconds, or a number that is none. */
const latestDate = 253_402_300_799

const longestTolerance = Duration.minutes(5)

/** Makes what tells who presents a JWT; fails where an option makes no sense. */
export const make = Effect.fnUntraced(function* (
  options: JwtOptions
): Effect.fn.Return<(token: Redacted.Redacted) => Effect.Effect<Verdict>, ConfigurationError> {
  const { audience, clockTolerance = "5 seconds", issuer, secret, subjectClaim = "sub" } = options
  const tolerance = Option.getOrElse(Duration.fromInput(clockTolerance), () => Duration.infinity)
  const issues = check(options, tolerance)
  if (issues.length > 0) return yield* new ConfigurationError({ issues })
  const rules: JWTVerifyOptions = {
    ...(issuer === undefined ? {} : { issuer: many(issuer) }),
    ...(audience === undefined || isAny(audience) ? {} : { audience: many(audience) }),
    clockTolerance: Duration.toSeconds(tolerance),
    requiredClaims: ["exp", subjectClaim],
    algorithms: secret === undefined ? [...(options.algorithms ?? algorithms)] : ["HS256"]
  }
  const verify = yield* secret === undefined ? byKeySet(options.jwksUrl) : bySecret(secret)
  return Effect.fnUntraced(function* (token) {
    const currentDate = yield* DateTime.nowAsDate
    return yield* Effect.tryPromise({
      try: () => verify(Redacted.value(token), { ...rules, currentDate }),
      catch: verdictOf
    }).pipe(
      Effect.map((claims) => named(claims, subjectClaim)),
      Effect.catch(Effect.succeed)
    )
  })
})

type Verify = (token: string, rules: JWTVerifyOptions) => Promise<JWTPayload>

const bySecret = (secret: Redacted.Redacted): Effect.Effect<Verify> =>
  Effect.promise(async () => {
    const algorithm = { name: "HMAC", hash: "SHA-256" }
    const key = await crypto.subtle.importKey("raw", secretBytes(secret), algorithm, false, ["verify"])
    return async (token, rules) => (await jwtVerify(token, key, rules)).payload
  })

const byKeySet = (url: string): Effect.Effect<Verify> =>
  Effect.map(KeySet.make(url), (keyOf): Verify => async (token, rules) => {
    try {
      return (await jwtVerify(token, keyOf, rules)).payload
    } catch (error) {
      if (error instanceof errors.JWKSMultipleMatchingKeys) return byCandidates(error, token, rules)
      throw error
    }
  })

/** Issuers may publish keys under one name, and tokens may name none: the key is one of those that fit. */
const byCandidates = async (
  candidates: errors.JWKSMultipleMatchingKeys,
  token: string,
  rules: JWTVerifyOptions
): Promise<JWTPayload> => {
  let tried = 0
  for await (const key of candidates) {
    try {
      return (await jwtVerify(token, key, rules)).payload
    } catch (error) {
      // A key that cannot be used is not the one either; a claim that is wrong was signed.
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWSSignatureVerificationFailed)) throw error
    }
    tried += 1
    if (tried === mostCandidates) throw candidates
  }
  throw new errors.JWSSignatureVerificationFailed()
}

/** jose takes every number for a date; JSON can say an infinite one. */
const isDate = (date: unknown): boolean =>
  date === undefined || (typeof date === "number" && date >= 0 && date <= latestDate)

const named = (claims: JWTPayload, subjectClaim: string): Verdict => {
  const wrongDate = ["exp", "nbf", "iat"].find((claim) => !isDate(claims[claim]))
  if (wrongDate !== undefined) return refused(`the token's ${wrongDate} is malformed`)
  const subject = claims[subjectClaim]
  return isSubject(subject)
    ? { _tag: "Known", identity: { subject, claims } }
    : refused(`the token's ${subjectClaim} ${subjectRule}`)
}

const hints: Readonly<Record<string, string>> = {
  [errors.JWTExpired.code]: "the token has expired",
  [errors.JWSSignatureVerificationFailed.code]: "the token's signature is wrong",
  [errors.JOSEAlgNotAllowed.code]: "the token is signed with an algorithm that is not accepted",
  [errors.JWKSNoMatchingKey.code]: "the token is signed with a key that is not known",
  [errors.JWKSMultipleMatchingKeys.code]: "the token fits too many keys: it must say with which one it is signed (kid)"
}

/** What a claim's wrong value means. */
const claimHints: Readonly<Record<string, string>> = {
  aud: "the token is for another audience",
  iss: "the token is from another issuer",
  nbf: "the token is not valid yet"
}

/** Nothing of the token is in a hint: names of claims are ours. */
const verdictOf = (error: unknown): Verdict => {
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error
    if (reason === "check_failed") return refused(claimHints[claim] ?? `the token's ${claim} is wrong`)
    return refused(reason === "missing" ? `the token has no ${claim}` : `the token's ${claim} is malformed`)
  }
  if (error instanceof errors.JOSEError) {
    return refused(hints[error.code] ?? "the token is no signed JWT that can be read")
  }
  const problem = error instanceof KeySet.KeySetError ? error.message : "the key set holds a key that cannot be used"
  return { _tag: "Unavailable", problem }
}

const many = (value: string | ReadonlyArray<string>): Array<string> =>
  typeof value === "string" ? [value] : [...value]

const isAny = (audience: string | ReadonlyArray<string>): boolean => {
  const [first, ...rest] = many(audience)
  return first === "any" && rest.length === 0
}

const secretBytes = (secret: Redacted.Redacted): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(Redacted.value(secret))

const check = (options: JwtOptions, tolerance: Duration.Duration): ReadonlyArray<Issue> => {
  const { audience, issuer, jwksUrl, secret, subjectClaim, tokenFrom } = options
  const name = (option: string) => `Authenticator.layerJwt.${option}`
  const issues: Array<Issue> = [...checkUrl(name("jwksUrl"), jwksUrl)]
  const wrong = (option: string, message: string) => void issues.push({ name: name(option), message })
  if ((jwksUrl === undefined) === (secret === undefined)) wrong("jwksUrl", "or secret must be set, and not both")
  // Untyped callers may leave it out.
  if (jwksUrl !== undefined && audience === undefined) {
    wrong("audience", "must be set with jwksUrl, as its keys sign for others too: what tokens are for, or any")
  }
  if (jwksUrl !== undefined && issuer === undefined && audience !== undefined && isAny(audience)) {
    wrong("audience", "may be any beside an issuer only, as a key set alone proves too little")
  }
  if (audience !== undefined && !isAny(audience) && many(audience).includes("any")) {
    wrong("audience", "is any alone, or else names")
  }
  if (secret !== undefined && !(Redacted.isRedacted(secret) && secretBytes(secret).length >= shortestSecret)) {
    wrong("secret", `must be a Redacted of ${shortestSecret} bytes or more`)
  }
  for (const [option, value] of Object.entries({ issuer, audience })) {
    const values = value === undefined ? undefined : many(value)
    if (values?.length === 0 || values?.every(isName) === false) wrong(option, "must be text and not empty")
  }
  if (tokenFrom !== undefined) issues.push(...TokenFrom.check(name("tokenFrom"), tokenFrom))
  if (subjectClaim === "") wrong("subjectClaim", "must be the name of a claim")
  const chosen: ReadonlyArray<string> = options.algorithms ?? algorithms
  if (chosen.length === 0 || !chosen.every((one) => algorithms.some((known) => known === one))) {
    wrong("algorithms", `must each be one of ${algorithms.join(", ")}`)
  }
  if (!Duration.between(tolerance, { minimum: Duration.zero, maximum: longestTolerance })) {
    wrong("clockTolerance", `must be ${Duration.format(longestTolerance)} or less`)
  }
  return issues
}
