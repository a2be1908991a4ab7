/**
 * A short-lived credential: the secret, its expiry and the source of that expiry, its restrictions,
 * and the ways to connect. Printing or logging a credential shows no secret; only `encode` reveals
 * it, for the client.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import { TempCredential } from "@tempcred/core/TempCredential"
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

import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { bearer, Connection } from "./Connection.ts"
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

interface Fields extends Schema.Struct.Type<typeof shared> {
  readonly token: Redacted.Redacted
  readonly issuedAt: DateTime.Utc
  readonly expiresAt: DateTime.Utc
  readonly usableUntil?: DateTime.Utc
  readonly maxSession?: Duration.Duration
}

interface Given extends Partial<Omit<Fields, "token">> {
  readonly token?: string | Redacted.Redacted
}

/**
 * Schema of a credential as JSON, with the token in plain text. Times are ISO 8601 in UTC;
 * `maxSessionSeconds` is in seconds.
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
 * A credential as a client receives it: JSON with the token in plain text.
 *
 * @category models
 * @since 0.1.0
 */
export type Json = typeof Json.Type

const DurationFromSeconds = Schema.Finite.pipe(
  Schema.decodeTo(Schema.Duration, {
    decode: SchemaGetter.transform((seconds: number) => Duration.seconds(seconds)),
    encode: SchemaGetter.transform((duration: Duration.Duration) => Duration.toSeconds(duration))
  })
)

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
 * A minted credential.
 *
 * - `expiresAt`: the time until which the credential opens connections, at most a minute past the
 *   requested ttl.
 * - `expirySource`: the source of the expiry: the vendor's response, the JWT, the requested ttl, or
 *   the vendor's documentation.
 * - `usableUntil`: after this time the vendor also closes open sessions; absent if the vendor has no
 *   such limit.
 * - `sessionLock`: how the session's configuration is locked; absent if no configuration is bound.
 * - `relaxed`: the requested guarantees that are not enforced.
 *
 * @category models
 * @since 0.1.0
 */
export class TempCredential extends Data.Class<Fields> {
  /**
   * Makes a credential for tests. By default it expires in a minute by the system's clock. `fields`
   * replace the defaults.
   */
  static make({ token = "token", ...fields }: Given = {}): TempCredential {
    const issuedAt = fields.issuedAt ?? DateTime.nowUnsafe()
    return new TempCredential({
      provider: "test",
      purpose: "stt.realtime",
      issuedAt,
      expiresAt: DateTime.makeUnsafe(issuedAt.epochMilliseconds + 60_000),
      expirySource: "request",
      uses: "many",
      relaxed: [],
      connections: [{ kind: "websocket", url: "wss://vendor.example/", where: "anywhere", placement: bearer }],
      ...fields,
      token: Redacted.isRedacted(token) ? token : Redacted.make(token)
    })
  }

  /**
   * Encodes a credential for its client. The result contains the token in plain text: send it over
   * TLS with `Cache-Control: no-store`, and do not log it.
   */
  static encode({ maxSession, token, issuedAt, expiresAt, usableUntil, ...rest }: TempCredential): Json {
    return {
      ...rest,
      token: Redacted.value(token),
      issuedAt: DateTime.formatIso(issuedAt),
      expiresAt: DateTime.formatIso(expiresAt),
      ...(usableUntil === undefined ? {} : { usableUntil: DateTime.formatIso(usableUntil) }),
      ...(maxSession === undefined ? {} : { maxSessionSeconds: Duration.toSeconds(maxSession) })
    }
  }

  /** Decodes the result of `encode`. Errors name fields and never contain the token. */
  static decode(input: unknown): Effect.Effect<TempCredential, Schema.SchemaError> {
    return Effect.map(decodeWire(input), (fields) => new TempCredential(fields))
  }
}
