/**
 * Descriptions of how a client connects with a credential, as plain data. The placeholder `{token}`
 * marks the place of the secret, so that a connection can be logged, sent and compared. `fill` inserts
 * the secret. A client that reads connections needs no vendor-specific code.
 *
 * ```ts
 * import * as Connection from "@tempcred/core/Connection"
 * import * as Redacted from "effect/Redacted"
 *
 * const connection: Connection.Connection = {
 *   kind: "websocket",
 *   url: "wss://vendor.example/listen",
 *   where: "anywhere",
 *   placement: { in: "subprotocols", protocols: ["token", "{token}"] }
 * }
 * console.log(Connection.fill(connection, Redacted.make("secret")).protocols.join()) // => token,secret
 * ```
 *
 * @since 0.1.0
 */

import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * Schema of a `Placement`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Placement = Schema.Union([
  Schema.Struct({ in: Schema.Literal("header"), name: Schema.String, value: Schema.String }),
  Schema.Struct({ in: Schema.Literal("query"), name: Schema.String, value: Schema.String }),
  Schema.Struct({ in: Schema.Literal("subprotocols"), protocols: Schema.Array(Schema.String) }),
  Schema.Struct({ in: Schema.Literal("message"), field: Schema.String, value: Schema.String }),
  Schema.Struct({ in: Schema.Literal("form"), field: Schema.String, value: Schema.String }),
  Schema.Struct({ in: Schema.Literal("url"), protocols: Schema.optionalKey(Schema.Array(Schema.String)) }),
  Schema.Struct({ in: Schema.Literal("sdk"), name: Schema.String })
])

/**
 * The place of the secret: a header, a query parameter, the WebSocket subprotocols, a field of the
 * first message, a form field, or the URL. The secret may be a part of the URL or the whole URL.
 * `"sdk"` means that the vendor's own SDK takes the secret as the argument `name`.
 *
 * @category models
 * @since 0.1.0
 */
export type Placement = typeof Placement.Type

/**
 * Schema of a `Connection`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Connection = Schema.Struct({
  kind: Schema.Literals(["websocket", "http"]),
  url: Schema.String,
  where: Schema.Literals(["browser", "server", "anywhere"]),
  placement: Placement,
  deprecatedFrom: Schema.optionalKey(Schema.String)
})

/**
 * One way to connect with a credential. `where` says whether browsers, servers or both can connect this
 * way. For example, a browser cannot set headers on a WebSocket. From the ISO date `deprecatedFrom`, the
 * vendor no longer accepts it.
 *
 * @category models
 * @since 0.1.0
 */
export type Connection = typeof Connection.Type

/**
 * The connections of a credential, best first; at least one.
 *
 * @category models
 * @since 0.1.0
 */
export type Connections = readonly [Connection, ...ReadonlyArray<Connection>]

/**
 * The most common placement: `Authorization: Bearer <token>`.
 *
 * @category constants
 * @since 0.1.0
 */
export const bearer: Placement = { in: "header", name: "Authorization", value: "Bearer {token}" }

/**
 * A connection with the secret inserted, ready for `new WebSocket(url, protocols)` or `fetch(url, {
 * headers })`. For an SDK nothing is inserted, because the app passes the token itself. Do not log a
 * filled connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface Filled {
  readonly kind: Connection["kind"]
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly protocols: ReadonlyArray<string>
  /** Fields to add to the first message. */
  readonly message: Readonly<Record<string, string>>
  /** Fields to add to the form. */
  readonly form: Readonly<Record<string, string>>
}

const placeholder = "{token}"

/**
 * Inserts the secret into a connection.
 *
 * @category combinators
 * @since 0.1.0
 */
export const fill = (connection: Connection, token: Redacted.Redacted): Filled => {
  const secret = Redacted.value(token)
  const put = (template: string) => template.replaceAll(placeholder, () => secret)
  const empty: Filled = {
    kind: connection.kind,
    url: connection.url,
    headers: {},
    protocols: [],
    message: {},
    form: {}
  }
  const { placement } = connection
  switch (placement.in) {
    case "header":
      return { ...empty, headers: { [placement.name]: put(placement.value) } }
    case "query": {
      const url = new URL(connection.url)
      url.searchParams.set(placement.name, put(placement.value))
      return { ...empty, url: url.href }
    }
    case "subprotocols":
      return { ...empty, protocols: placement.protocols.map(put) }
    case "message":
      return { ...empty, message: { [placement.field]: put(placement.value) } }
    case "form":
      return { ...empty, form: { [placement.field]: put(placement.value) } }
    case "url": {
      // When the token is itself a URL, it is used unchanged.
      const isWhole = connection.url === placeholder
      const url = isWhole ? secret : connection.url.replaceAll(placeholder, () => encodeURIComponent(secret))
      return { ...empty, url, protocols: placement.protocols ?? [] }
    }
    case "sdk":
      return empty
  }
}

/**
 * Finds the first connection that a browser or a server can use.
 *
 * @category combinators
 * @since 0.1.0
 */
export const choose = (
  connections: ReadonlyArray<Connection>,
  place: "browser" | "server",
  kind?: Connection["kind"]
): Option.Option<Connection> =>
  Option.fromNullishOr(
    connections.find(
      (connection) =>
        (connection.where === "anywhere" || connection.where === place) &&
        (kind === undefined || connection.kind === kind)
    )
  )
