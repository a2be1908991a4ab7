/** Who may ask, by the variables. */
import { checkUrl, ConfigurationError, type Issue } from "@tempcred/core/ConfigurationError"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Bearer from "../authenticator/Bearer.ts"
import * as Jwt from "../authenticator/Jwt.ts"
import * as Authenticator from "../Authenticator.ts"
import type { Variables } from "./Variables.ts"

const keySet = "TEMPCRED_AUTH_JWKS_URL"

const secret = "TEMPCRED_AUTH_JWT_SECRET"

const tokens = "TEMPCRED_AUTH_BEARER_TOKENS"

/** The variables behind the options of JWTs. */
const variableOf: Readonly<Record<string, string>> = {
  "Authenticator.layerJwt.jwksUrl": keySet,
  "Authenticator.layerJwt.secret": secret,
  "Authenticator.layerJwt.issuer": "TEMPCRED_AUTH_ISSUER",
  "Authenticator.layerJwt.audience": "TEMPCRED_AUTH_AUDIENCE",
  "Authenticator.layerJwt.subjectClaim": "TEMPCRED_AUTH_SUBJECT_CLAIM",
  "Authenticator.layerJwt.tokenFrom.cookie": "TEMPCRED_AUTH_COOKIE",
  "Authenticator.layerJwt.tokenFrom.header": "TEMPCRED_AUTH_HEADER"
}

/** Where an option's own sentence would speak of code. */
const rules: Readonly<Record<string, string>> = {
  [secret]: "must be 32 bytes or more: make one with openssl rand -base64 32"
}

const tokensRule =
  "must be name=token pairs with commas between them; each name is 1 to 256 characters, each token 16 visible ASCII characters or more and there once"

type Callers = Layer.Layer<Authenticator.Authenticator, ConfigurationError>

/** Makes the authenticator that the variables name; fails where they name none or more than one, or where it cannot be made. */
export const make = Effect.fnUntraced(function* (variables: Variables): Effect.fn.Return<Callers, ConfigurationError> {
  const jwksUrl = variables[keySet]
  const shared = variables[secret]
  const listed = variables[tokens]
  const ways = set({ [keySet]: jwksUrl, [secret]: shared, [tokens]: listed })
  if (ways.length > 1) {
    return yield* refuse(...ways.map((name) => issue(name, `must be set alone, and not beside ${others(ways, name)}`)))
  }
  const { TEMPCRED_AUTH_AUDIENCE: audience, TEMPCRED_AUTH_ISSUER, TEMPCRED_AUTH_SUBJECT_CLAIM } = variables
  const { TEMPCRED_AUTH_COOKIE: cookie, TEMPCRED_AUTH_HEADER: header } = variables
  if (cookie !== undefined && header !== undefined) {
    return yield* refuse(issue("TEMPCRED_AUTH_COOKIE", "must be set alone, and not beside TEMPCRED_AUTH_HEADER"))
  }
  const tokenFrom = cookie !== undefined ? { cookie } : header !== undefined ? { header } : undefined
  const common = { issuer: TEMPCRED_AUTH_ISSUER, subjectClaim: TEMPCRED_AUTH_SUBJECT_CLAIM, tokenFrom }
  if (shared !== undefined) return yield* jwt({ ...common, secret: shared, audience })
  if (jwksUrl !== undefined) {
    if (audience !== undefined) return yield* jwt({ ...common, jwksUrl, audience })
    const message = `must be set with ${keySet}, as its keys sign for others too: what tokens are for, or any`
    return yield* refuse(issue("TEMPCRED_AUTH_AUDIENCE", message), ...checkUrl(keySet, jwksUrl))
  }
  if (listed === undefined) {
    const message = `or ${secret} or ${tokens} must be set: an endpoint that serves everybody gives the vendor's key away`
    return yield* refuse(issue(keySet, message))
  }
  const idle = set({
    TEMPCRED_AUTH_ISSUER,
    TEMPCRED_AUTH_AUDIENCE: audience,
    TEMPCRED_AUTH_SUBJECT_CLAIM,
    TEMPCRED_AUTH_COOKIE: cookie,
    TEMPCRED_AUTH_HEADER: header
  })
  if (idle.length > 0) return yield* refuse(...idle.map((name) => issue(name, `says nothing beside ${tokens}`)))
  const entries = listed.map(entryOf)
  yield* Effect.mapError(Bearer.make(entries), () => refuse(issue(tokens, tokensRule)))
  return Authenticator.layerBearer(entries)
})

const issue = (name: string, message: string): Issue => ({ name, message })

const refuse = (...issues: ReadonlyArray<Issue>) => new ConfigurationError({ issues })

const set = (variables: Readonly<Record<string, unknown>>): ReadonlyArray<string> =>
  Object.keys(variables).filter((name) => variables[name] !== undefined)

const others = (names: ReadonlyArray<string>, name: string): string => names.filter((one) => one !== name).join(" or ")

const jwt = Effect.fnUntraced(function* (
  options: Authenticator.JwtOptions
): Effect.fn.Return<Callers, ConfigurationError> {
  yield* Effect.mapError(Jwt.make(options), ({ issues }) =>
    refuse(
      ...issues.map(({ message, name }) => {
        const variable = variableOf[name] ?? name
        return issue(variable, rules[variable] ?? message)
      })
    )
  )
  return Authenticator.layerJwt(options)
})

/** A token may hold what divides a name from it: an equals sign. */
const entryOf = (pair: Redacted.Redacted): Authenticator.BearerEntry => {
  const [subject = "", ...rest] = Redacted.value(pair).split("=")
  return { subject, token: Redacted.make(rest.join("=")) }
}
