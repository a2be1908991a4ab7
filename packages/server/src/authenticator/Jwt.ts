/** JWTs: signed by a key of a key set or with a shared secret, with an expiry and a subject. */
import { checkUrl, type Issue } from "@tempcred/core/ConfigurationError"
import { checkSecret } from "@tempcred/core/Environment"
import { isName, type Length } from "@tempcred/core/MintRequest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from "jose"
import * as Identity from "./Identity.ts"
import * as KeySet from "./KeySet.ts"

interface JwtCommon {
  /** The issuer that `iss` must name, or several. */
  readonly issuer?: string | ReadonlyArray<string> | undefined
  /** The audience that `aud` must name, or several. `"any"` alone skips this check. */
  readonly audience?: string | ReadonlyArray<string> | undefined
  /** The claim that holds the subject: text of 1 to 256 characters. @default "sub" */
  readonly subjectClaim?: string | undefined
  /** The claim that holds the account of a platform's customer: text of 1 to 256 characters, required if it is set. @default none */
  readonly accountClaim?: string | undefined
  /** The tolerated difference of clocks, at most 5 minutes. @default "5 seconds" */
  readonly clockTolerance?: Length | undefined
  /**
   * The header or cookie that holds the JWT. A cookie counts only for JSON that a page of the endpoint's own origin sends, because browsers attach cookies to
   * requests of other sites.
   *
   * @default the `Authorization` header
   */
  readonly tokenFrom?: Identity.TokenFrom | undefined
}

interface JwtKeySet extends JwtCommon {
  /** The URL of the issuer's public keys (JWKS): `https`, or `http` on loopback. */
  readonly jwksUrl: string
  /** The audience that `aud` must name, or several, as the keys sign for other audiences too. `"any"` skips this check and needs an issuer. */
  readonly audience: string | ReadonlyArray<string>
  readonly secret?: never
  /** @default all of them */
  readonly algorithms?: ReadonlyArray<Algorithm> | undefined
}

interface JwtSecret extends JwtCommon {
  /** The secret that issuer and endpoint share, for HS256: text of 32 bytes or more in UTF-8. Surrounding blanks are removed. */
  readonly secret: Redacted.Redacted
  readonly jwksUrl?: never
  readonly algorithms?: never
}

/** The way of verifying JWTs: with a key set and an audience, or with a shared secret. */
export type JwtOptions = JwtSecret | JwtKeySet

/** Algorithms with a public verification key; none can be confused with a shared secret. */
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

/** A signature algorithm for keys of a key set. */
export type Algorithm = (typeof algorithms)[number]

/** In bytes: the length of an HS256 signature. */
const shortestSecret = 32

/** Bound on verifications of one token, which anybody can cause. */
const mostCandidates = 16

/** In seconds since 1970: the end of the year 9999. A later date is in milliseconds, or no date. */
const latestDate = 253_402_300_799

const longestTolerance = Duration.minutes(5)

const toleranceOf = ({ clockTolerance = "5 seconds" }: JwtOptions): Duration.Duration =>
  Option.getOrElse(Duration.fromInput(clockTolerance), () => Duration.infinity)

/** Makes the function that identifies the subject of a JWT. */
export const make = Effect.fnUntraced(function* (options: JwtOptions): Effect.fn.Return<Identity.Verify> {
  const { accountClaim, audience, issuer, secret, subjectClaim = "sub" } = options
  const rules: JWTVerifyOptions = {
    ...(issuer === undefined ? {} : { issuer: many(issuer) }),
    ...(audience === undefined || isAny(audience) ? {} : { audience: many(audience) }),
    clockTolerance: Duration.toSeconds(toleranceOf(options)),
    requiredClaims: ["exp", subjectClaim, ...(accountClaim === undefined ? [] : [accountClaim])],
    algorithms: secret === undefined ? [...(options.algorithms ?? algorithms)] : ["HS256"]
  }
  const verify = yield* secret === undefined ? byKeySet(options.jwksUrl) : bySecret(secret)
  return (token) =>
    Effect.flatMap(DateTime.nowAsDate, (currentDate) =>
      Effect.flatMap(
        Effect.tryPromise({
          try: () => verify(Redacted.value(token), { ...rules, currentDate }),
          catch: failureOf
        }),
        (claims) => identityOf(claims, subjectClaim, accountClaim)
      )
    )
})

type VerifyJwt = (token: string, rules: JWTVerifyOptions) => Promise<JWTPayload>

const bySecret = (secret: Redacted.Redacted): Effect.Effect<VerifyJwt> =>
  Effect.promise(async () => {
    const algorithm = { name: "HMAC", hash: "SHA-256" }
    const key = await crypto.subtle.importKey("raw", secretBytes(secret), algorithm, false, ["verify"])
    return async (token, rules) => (await jwtVerify(token, key, rules)).payload
  })

const byKeySet = (url: string): Effect.Effect<VerifyJwt> =>
  Effect.map(KeySet.make(url), (keyOf): VerifyJwt => async (token, rules) => {
    try {
      return (await jwtVerify(token, keyOf, rules)).payload
    } catch (error) {
      if (error instanceof errors.JWKSMultipleMatchingKeys) return byCandidates(error, token, rules)
      throw error
    }
  })

/** Tries each key that fits, because issuers may publish several under one name and tokens may name none. */
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
      // An unusable key is skipped too. A wrong claim ends the search, because its signature is right.
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWSSignatureVerificationFailed)) throw error
    }
    tried += 1
    if (tried === mostCandidates) throw candidates
  }
  throw new errors.JWSSignatureVerificationFailed()
}

/** Tells whether a claim can be a date. jose accepts every number, and JSON can express infinite ones. */
const isDate = (date: unknown): boolean =>
  date === undefined || (typeof date === "number" && date >= 0 && date <= latestDate)

const refused = (hint: string) => new Identity.UnauthenticatedError({ hint })

const identityOf = (
  claims: JWTPayload,
  subjectClaim: string,
  accountClaim: string | undefined
): Effect.Effect<Identity.Identity, Identity.UnauthenticatedError> => {
  const wrongDate = ["exp", "nbf", "iat"].find((claim) => !isDate(claims[claim]))
  if (wrongDate !== undefined) return Effect.fail(refused(`the token's ${wrongDate} is malformed`))
  const subject = claims[subjectClaim]
  if (!Identity.isSubject(subject)) return Effect.fail(refused(`the token's ${subjectClaim} ${Identity.subjectRule}`))
  if (accountClaim === undefined) return Effect.succeed({ subject, claims })
  const account = claims[accountClaim]
  return Identity.isSubject(account)
    ? Effect.succeed({ subject, account, claims })
    : Effect.fail(refused(`the token's ${accountClaim} ${Identity.subjectRule}`))
}

const hints: Readonly<Record<string, string>> = {
  [errors.JWTExpired.code]: "the token has expired",
  [errors.JWSSignatureVerificationFailed.code]: "the token's signature is wrong",
  [errors.JOSEAlgNotAllowed.code]: "the token is signed with an algorithm that is not accepted",
  [errors.JWKSNoMatchingKey.code]: "the token is signed with a key that is not known",
  [errors.JWKSMultipleMatchingKeys.code]: "the token fits too many keys: it must say with which one it is signed (kid)"
}

/** Hints for wrong values of claims. */
const claimHints: Readonly<Record<string, string>> = {
  aud: "the token is for another audience",
  iss: "the token is from another issuer",
  nbf: "the token is not valid yet"
}

/** Explains a failed verification. A hint holds nothing of the token: it names only claims that the options name. */
const failureOf = (error: unknown): Identity.UnauthenticatedError | Identity.AuthenticatorUnavailableError => {
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error
    if (reason === "check_failed") return refused(claimHints[claim] ?? `the token's ${claim} is wrong`)
    return refused(reason === "missing" ? `the token has no ${claim}` : `the token's ${claim} is malformed`)
  }
  if (error instanceof errors.JOSEError) {
    return refused(hints[error.code] ?? "the token is not a valid signed JWT")
  }
  const problem = error instanceof KeySet.KeySetError ? error.message : "the key set holds a key that cannot be used"
  return new Identity.AuthenticatorUnavailableError({ problem })
}

const many = (value: string | ReadonlyArray<string>): Array<string> =>
  typeof value === "string" ? [value] : [...value]

const isAny = (audience: string | ReadonlyArray<string>): boolean => {
  const [first, ...rest] = many(audience)
  return first === "any" && rest.length === 0
}

const secretBytes = (secret: Redacted.Redacted): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(Redacted.value(Result.getOrElse(checkSecret(secret), () => secret)))

/** Checks the options. */
export const check = (options: JwtOptions): ReadonlyArray<Issue> => {
  const { accountClaim, audience, issuer, jwksUrl, secret, subjectClaim, tokenFrom } = options
  const name = (option: string) => `Authenticator.layerJwt.${option}`
  const issues: Array<Issue> = [...checkUrl(name("jwksUrl"), jwksUrl)]
  const wrong = (option: string, message: string) => void issues.push({ name: name(option), message })
  if ((jwksUrl === undefined) === (secret === undefined)) wrong("jwksUrl", "or secret must be set, and not both")
  // Untyped callers may omit it.
  if (jwksUrl !== undefined && audience === undefined) {
    wrong(
      "audience",
      "must be set with jwksUrl, because its keys sign for other audiences too: names of audiences, or any"
    )
  }
  if (jwksUrl !== undefined && issuer === undefined && audience !== undefined && isAny(audience)) {
    wrong("audience", "may be any only with an issuer, because a key set alone proves too little")
  }
  if (audience !== undefined && !isAny(audience) && many(audience).includes("any")) {
    wrong("audience", "must be any alone, or names of audiences")
  }
  const checked = secret === undefined ? undefined : checkSecret(secret)
  if (checked !== undefined && Result.isFailure(checked)) wrong("secret", checked.failure)
  else if (checked !== undefined && secretBytes(checked.success).length < shortestSecret) {
    wrong("secret", `must be a Redacted of ${shortestSecret} bytes or more`)
  }
  for (const [option, value] of Object.entries({ issuer, audience })) {
    const values = value === undefined ? undefined : many(value)
    if (values?.length === 0 || values?.every(isName) === false) wrong(option, "must be text and not empty")
  }
  if (tokenFrom !== undefined) issues.push(...Identity.checkTokenFrom(name("tokenFrom"), tokenFrom))
  if (subjectClaim === "") wrong("subjectClaim", "must be the name of a claim")
  if (accountClaim === "") wrong("accountClaim", "must be the name of a claim")
  const chosen: ReadonlyArray<string> = options.algorithms ?? algorithms
  if (chosen.length === 0 || !chosen.every((one) => algorithms.some((known) => known === one))) {
    wrong("algorithms", `must each be one of ${algorithms.join(", ")}`)
  }
  if (!Duration.between(toleranceOf(options), { minimum: Duration.zero, maximum: longestTolerance })) {
    wrong("clockTolerance", `must be ${Duration.format(longestTolerance)} or less`)
  }
  return issues
}
