/**
 * What the endpoint answered, one entry for each request, with fingerprints in place of secrets and subjects.
 *
 * ```ts
 * import * as AccessLog from "@tempcred/server/AccessLog"
 * import * as Authenticator from "@tempcred/server/Authenticator"
 * import * as TokenServer from "@tempcred/server/TokenServer"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Redacted from "effect/Redacted"
 *
 * const server = TokenServer.make({
 *   provider: Soniox.layerConfig,
 *   authenticator: Authenticator.layerBearer([{ token: Redacted.make("kiosk-7-secret-token"), subject: "kiosk-7" }]),
 *   log: AccessLog.json((line) => console.log(line)) // => {"time":"…","method":"GET","path":"/healthz","status":200,"milliseconds":…}
 * })
 * await server.fetch(new Request("https://app.example/healthz?by=probe"))
 * await server.close()
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

/**
 * One answered request.
 *
 * @category models
 * @since 0.1.0
 */
export interface Entry {
  /** When the request came, ISO 8601 in UTC: entries are written as their answers end, which is another order. */
  readonly time: string
  readonly method: string
  /** The path without its query. */
  readonly path: string
  /** 499 stands for a client that went away before its answer. */
  readonly status: number
  readonly milliseconds: number
  /** The caller, by the fingerprint of the subject that the vendor is told. */
  readonly subject?: string
  readonly purpose?: string
  readonly provider?: string
  /** The credential that was given, by the same fingerprint as in core's events. */
  readonly credential?: string
  /** Why there was none, by name. */
  readonly reason?: string
  /** The vendor's id of the request, where it told one. */
  readonly requestId?: string
}

/**
 * Takes entries; what it fails with is dropped, as no request suffers for its log.
 *
 * @category models
 * @since 0.1.0
 */
export type Write = (entry: Entry) => Effect.Effect<unknown, unknown>

/**
 * Writes each entry as one line of JSON, without its line end, such as `AccessLog.json((line) => process.stdout.write(`${line}\n`))`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const json =
  (write: (line: string) => void): Write =>
  (entry) =>
    Effect.sync(() => write(JSON.stringify(entry)))
