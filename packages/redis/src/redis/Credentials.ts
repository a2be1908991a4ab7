/**
 * The store of credentials in Redis: for each scope an encrypted text, a lease, and a counter that gives each holder of the lease a higher number than the
 * one before.
 */
import type { CredentialStore, StoreOptions, Visit } from "@tempcred/core/CredentialSharing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type Connections, invalidatedKey } from "./Connections.ts"

/** Braces put all keys of a scope on one node of a cluster. */
const keysOf = (name: string) => {
  const text = `tempcred:{${name}}`
  return { text, lease: `${text}:lease`, fence: `${text}:fence` }
}

const decodeVisit = Schema.decodeUnknownEffect(
  Schema.Union([
    Schema.Tuple([Schema.Literal("Found"), Schema.String, Schema.Finite]),
    Schema.Tuple([Schema.Literal("Granted"), Schema.Finite, Schema.Finite]),
    Schema.Tuple([Schema.Literal("Held")])
  ])
)

const decodeText = Schema.decodeUnknownEffect(Schema.Tuple([Schema.String, Schema.Finite]))

const visitOf = (reply: Effect.Success<ReturnType<typeof decodeVisit>>): Visit => {
  switch (reply[0]) {
    case "Found":
      return { _tag: "Found", text: reply[1], remaining: reply[2] }
    case "Granted":
      return { _tag: "Granted", fence: reply[1], now: reply[2] }
    case "Held":
      return { _tag: "Held" }
  }
}

/** Opens the store. */
export const make = Effect.fnUntraced(function* (
  connections: Connections,
  options: StoreOptions & { readonly lease: Duration.Duration }
): Effect.fn.Return<CredentialStore, never, Scope.Scope> {
  const lease = Duration.toMillis(options.lease)
  const scope = yield* Effect.scope
  const { ask, invalidated, listen } = yield* connections(options.limit)
  yield* listen(options)
  return {
    visit: (name, seen, owner) => {
      const keys = keysOf(name)
      return ask(({ run }) =>
        run("visit", keys.text, keys.lease, keys.fence, seen, owner, lease).pipe(
          Effect.flatMap(decodeVisit),
          Effect.map(visitOf)
        )
      )
    },
    read: (name) =>
      ask(({ run }) =>
        run("read", keysOf(name).text).pipe(
          Effect.flatMap(decodeText),
          Effect.map(([text, remaining]) => (text === "" ? undefined : { text, remaining }))
        )
      ),
    renew: (name, owner) => ask(({ run }) => run("renew", keysOf(name).lease, owner, lease)),
    release: (name, owner) =>
      ask(({ run }) => run("release", keysOf(name).lease, owner)).pipe(Effect.forkIn(scope), Effect.asVoid),
    write: (name, owner, { fence, text, until }) => {
      const keys = keysOf(name)
      return ask(({ run }) =>
        Effect.map(
          run("write", keys.text, keys.lease, keys.fence, owner, fence, text, Math.floor(until)),
          (written) => written === 1
        )
      )
    },
    invalidate: (name, id, milliseconds) =>
      ask(({ run }) =>
        Effect.all([run("remove", keysOf(name).text, id), run("announce", invalidatedKey, id, Math.ceil(milliseconds))])
      ),
    invalidated
  }
})
