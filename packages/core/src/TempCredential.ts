/**
 * The short-lived credential: a secret, when it ends and how that is known, what it is bound to, and how to connect with it.
 * Printed in any way it shows no secret; `encode` is the one way to send it to a client.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as TempCredential from "@tempcred/core/TempCredential"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 *
 * const minter = Minter.make(Soniox.layerConfig)
 * const credential = await minter.mint({ purpose: "stt.realtime" })
 * console.log(String(credential.token)) // => <redacted>
 * console.log(TempCredential.encode(credential).token.startsWith("snx_temp_")) // => true
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { Connection } from "./Connection.ts"
import { SessionLock } from "./MintRequest.ts"
import { Purpose } from "./Purpose.ts"
import { Feature } from "./TempCredentialError.ts"

const shared = {
  provider: Schema.String,
  purpose: Purpose,
  expirySource: Schema.Literals(["vendor", "jwt", "request", "documented"]),
  uses: Schema.Literals(["once", "many"]),
  subject: Schema.optionalKey(Schema.String),
  region: Schema.optionalKey(Schema.String),
  sessionLock: Schema.optionalKey(SessionLock),
  relaxed: Schema.Array(Feature),
  connections: Schema.NonEmptyArray(Connection)
}

/**
 * A minted credential. `expiresAt` is the end of the window in which it may be redeemed, fixed once at minting:
 * `expirySource` says whether the vendor stated it, it was read from a JWT, it follows from the ttl that was asked for, or from the
 * vendor's documents. It is at most a minute past the ttl that was asked for. After `usableUntil`, where the vendor has such a second end, open sessions are refused too. `sessionLock` says that a configuration is bound to it, and
 * how firmly. `relaxed` lists what was asked for and is not enforced.
 *
 * @category models
 * @since 0.1.0
 */
export class TempCredential extends Schema.Class<TempCredential>("@tempcred/core/TempCredential")({
  ...shared,
  token: Schema.Redacted(Schema.NonEmptyString),
  issuedAt: Schema.DateTimeUtc,
  expiresAt: Schema.DateTimeUtc,
  usableUntil: Schema.optionalKey(Schema.DateTimeUtc),
  maxSession: Schema.optionalKey(Schema.Duration)
}) {}

const DurationFromSeconds = Schema.Finite.pipe(
  Schema.decodeTo(Schema.Duration, {
    decode: SchemaGetter.transform((seconds: number) => Duration.seconds(seconds)),
    encode: SchemaGetter.transform((duration: Duration.Duration) => Duration.toSeconds(duration))
  })
)

/**
 * The wire form of a credential, with the token in plain: times are ISO 8601 in UTC, `maxSessionSeconds` is in seconds.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Json = Schema.Struct({
  ...shared,
  token: Schema.NonEmptyString,
  issuedAt: Schema.String,
  expiresAt: Schema.String,
  usableUntil: Schema.optionalKey(Schema.String),
  maxSessionSeconds: Schema.optionalKey(Schema.Finite)
})

/**
 * A credential as a client receives it: JSON with the token in plain.
 *
 * @category models
 * @since 0.1.0
 */
export type Json = typeof Json.Type

const Wire = Schema.Struct({
  ...shared,
  token: Schema.RedactedFromValue(Schema.NonEmptyString),
  issuedAt: Schema.DateTimeUtcFromString,
  expiresAt: Schema.DateTimeUtcFromString,
  usableUntil: Schema.optionalKey(Schema.DateTimeUtcFromString),
  maxSession: Schema.optionalKey(DurationFromSeconds)
}).pipe(Schema.encodeKeys({ maxSession: "maxSessionSeconds" }))

const decodeWire = Schema.decodeUnknownEffect(Wire)

/**
 * Encodes a credential for the client that is to use it. The result holds the token in plain: send it over TLS with
 * `Cache-Control: no-store`, and log nothing of it.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = ({ maxSession, token, issuedAt, expiresAt, usableUntil, ...rest }: TempCredential): Json => ({
  ...rest,
  token: Redacted.value(token),
  issuedAt: DateTime.formatIso(issuedAt),
  expiresAt: DateTime.formatIso(expiresAt),
  ...(usableUntil === undefined ? {} : { usableUntil: DateTime.formatIso(usableUntil) }),
  ...(maxSession === undefined ? {} : { maxSessionSeconds: Duration.toSeconds(maxSession) })
})

/**
 * Decodes what `encode` made; the issue messages name fields and never the token.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (input: unknown): Effect.Effect<TempCredential, Schema.SchemaError> =>
  Effect.map(decodeWire(input), (fields) => new TempCredential(fields))
