/** The authenticator that the variables configure. */
import { checkUrl, type ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Bearer from "../authenticator/Bearer.ts"
import * as Jwt from "../authenticator/Jwt.ts"
import * as Authenticator from "../Authenticator.ts"
import type { Variables } from "./Variables.ts"

const names = {
  jwksUrl: "TEMPCRED_AUTH_JWKS_URL",
  secret: "TEMPCRED_AUTH_JWT_SECRET",
  tokens: "TEMPCRED_AUTH_BEARER_TOKENS",
  issuer: "TEMPCRED_AUTH_ISSUER",
  audience: "TEMPCRED_AUTH_AUDIENCE",
  subjectClaim: "TEMPCRED_AUTH_SUBJECT_CLAIM",
  cookie: "TEMPCRED_AUTH_COOKIE",
  header: "TEMPCRED_AUTH_HEADER"
} as const satisfies Record<keyof Variables["auth"], string>

type Name = keyof typeof names

/** Rules for variables whose option has a rule for code. */
const rules = {
  secret: "must be 32 bytes or more: make one with openssl rand -base64 32",
  tokens:
    "must be name=token pairs with commas between them; each name is 1 to 256 characters, each token 16 visible ASCII characters or more and there once"
}

type Callers = Layer.Layer<Authenticator.Authenticator, ConfigurationError>

type Outcome = Result.Result<Callers, ReadonlyArray<Issue>>

const issue = (name: Name, message: string): Issue => ({ name: names[name], message })

/** Makes the authenticator. Exactly one of key set, secret and tokens must be set. */
export const make = (auth: Variables["auth"]): Outcome => {
  const { audience, cookie, header, issuer, jwksUrl, secret, subjectClaim, tokens } = auth
  const isSet = (name: Name) => auth[name] !== undefined
  const ways = (["jwksUrl", "secret", "tokens"] as const).filter(isSet)
  if (ways.length > 1) return Result.fail(ways.map((name) => issue(name, alone(ways.filter((one) => one !== name)))))
  if (cookie !== undefined && header !== undefined) return Result.fail([issue("cookie", alone(["header"]))])
  const tokenFrom = cookie !== undefined ? { cookie } : header !== undefined ? { header } : undefined
  const common = { issuer, subjectClaim, tokenFrom }
  if (secret !== undefined) return byJwt({ ...common, secret, audience })
  if (jwksUrl !== undefined) {
    if (audience !== undefined) return byJwt({ ...common, jwksUrl, audience })
    const message = `must be set with ${names.jwksUrl}, because its keys sign for other audiences too: names of audiences, or any`
    return Result.fail([issue("audience", message), ...checkUrl(names.jwksUrl, jwksUrl)])
  }
  if (tokens === undefined) {
    const others = `${names.secret} or ${names.tokens}`
    return Result.fail([
      issue("jwksUrl", `or ${others} must be set: an endpoint that serves everybody gives the vendor's key away`)
    ])
  }
  const unused = (["issuer", "audience", "subjectClaim", "cookie", "header"] as const).filter(isSet)
  if (unused.length > 0)
    return Result.fail(unused.map((name) => issue(name, `has no effect with ${names.tokens}: remove it`)))
  const entries = tokens.map(entryOf)
  return Bearer.check(entries).length > 0
    ? Result.fail([issue("tokens", rules.tokens)])
    : Result.succeed(Authenticator.layerBearer(entries))
}

const alone = (others: ReadonlyArray<Name>): string =>
  `must be set alone, and not beside ${others.map((name) => names[name]).join(" or ")}`

const byJwt = (options: Authenticator.JwtOptions): Outcome => {
  const issues = Jwt.check(options).map(({ message, name }) => {
    const option = name.split(".").at(-1)
    if (option === "secret") return issue(option, rules.secret)
    return isName(option) ? issue(option, message) : { name, message }
  })
  return issues.length > 0 ? Result.fail(issues) : Result.succeed(Authenticator.layerJwt(options))
}

const isName = (option: string | undefined): option is Name => option !== undefined && Object.hasOwn(names, option)

/** Splits a name from its token, which may hold an equals sign. */
const entryOf = (pair: Redacted.Redacted): Authenticator.BearerEntry => {
  const [subject = "", ...rest] = Redacted.value(pair).split("=")
  return { subject, token: Redacted.make(rest.join("=")) }
}
