import * as Connection from "@tempcred/core/Connection"
import { assert, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

const token = Redacted.make("a b&$&/é")
const base = { kind: "websocket", url: "wss://acme.example/listen?model=x", where: "anywhere" } as const
const fill = (placement: Connection.Placement, url: string = base.url) =>
  Connection.fill({ ...base, url, placement }, token)
const empty = { kind: "websocket", url: base.url, headers: {}, protocols: [], message: {}, form: {} } as const

it("puts the token only where the placement says", () => {
  assert.deepStrictEqual(fill(Connection.bearer), { ...empty, headers: { Authorization: "Bearer a b&$&/é" } })
  assert.deepStrictEqual(fill({ in: "subprotocols", protocols: ["acme", "key.{token}"] }), {
    ...empty,
    protocols: ["acme", "key.a b&$&/é"]
  })
  assert.deepStrictEqual(fill({ in: "message", field: "api_key", value: "{token}" }), {
    ...empty,
    message: { api_key: "a b&$&/é" }
  })
  assert.deepStrictEqual(fill({ in: "form", field: "token", value: "{token}" }), {
    ...empty,
    form: { token: "a b&$&/é" }
  })
})

it("encodes the token in a query parameter and in a URL", () => {
  const query = new URL(fill({ in: "query", name: "jwt", value: "{token}" }).url)
  assert.strictEqual(query.searchParams.get("jwt"), "a b&$&/é")
  assert.strictEqual(query.searchParams.get("model"), "x")
  const url = fill({ in: "url" }, "wss://acme.example/{token}/listen").url
  assert.strictEqual(decodeURIComponent(new URL(url).pathname), "/a b&$&/é/listen")
})

it("uses a token that is a URL unchanged, with its subprotocols", () => {
  const whole = "wss://acme.example/talk?agent=1&signature=a%2Fb"
  const connection = { ...base, url: "{token}", placement: { in: "url", protocols: ["convai"] } } as const
  assert.deepStrictEqual(Connection.fill(connection, Redacted.make(whole)), {
    ...empty,
    url: whole,
    protocols: ["convai"]
  })
})

it("does not put the token anywhere for an SDK, which gets the token itself", () => {
  assert.deepStrictEqual(fill({ in: "sdk", name: "token" }), empty)
})

it("chooses a WebSocket connection without headers for a browser", () => {
  const connections = [
    { ...base, where: "server", placement: Connection.bearer },
    { ...base, placement: { in: "query", name: "jwt", value: "{token}" } }
  ] as const
  assert.deepStrictEqual(Connection.choose(connections, "browser"), Option.some(connections[1]))
  assert.deepStrictEqual(Connection.choose(connections, "server"), Option.some(connections[0]))
  assert.deepStrictEqual(Connection.choose(connections, "server", "http"), Option.none())
})
