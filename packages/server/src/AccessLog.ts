/**
 * The access log of the endpoint: one entry for each request, with fingerprints in place of secrets and subjects.
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
 * An entry of the access log.
 *
 * @category models
 * @since 0.1.0
 */
export interface Entry {
  /** The time of the request, ISO 8601 in UTC. Entries are in the order of the responses. */
  readonly time: string
  readonly method: string
  /** The path without its query. */
  readonly path: string
  /** 499 if the client left before the response. */
  readonly status: number
  readonly milliseconds: number
  /** The fingerprint of the subject's name at the vendor. */
  readonly subject?: string
  readonly purpose?: string
  readonly provider?: string
  /** The fingerprint of the credential, as in core's events. */
  readonly credential?: string
  /** The name of the error. */
  readonly reason?: string
  /** The vendor's id of the request. */
  readonly requestId?: string
}

/**
 * Writes an entry. Its failures are ignored, because the log must not affect requests.
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
