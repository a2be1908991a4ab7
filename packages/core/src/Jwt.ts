/** Reads the expiry of a JWT without verifying its signature. The vendor verifies it. */
import * as Base64Url from "effect/encoding/Base64Url"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

const Claims = Schema.fromJsonString(Schema.Struct({ exp: Schema.Finite }))

const decodeClaims = Schema.decodeUnknownOption(Claims)

/** Reads the `exp` of a JWT in epoch milliseconds; `undefined` if the token is not a JWT or has no `exp`. */
export const expiresAt = (token: Redacted.Redacted): number | undefined =>
  Option.fromNullishOr(Redacted.value(token).split(".")[1]).pipe(
    Option.flatMap((payload) => Option.getSuccess(Base64Url.decodeString(payload))),
    Option.flatMap(decodeClaims),
    Option.map((claims) => claims.exp * 1000),
    Option.getOrUndefined
  )
