import type { Connection, Placement } from "@tempcred/core/Connection"
import * as Redacted from "effect/Redacted"
import { spawnSync } from "node:child_process"
import { assert, it } from "vitest"
import { connectionLine, httpCall } from "../../src/cli/commands/ConnectionLine.ts"

const connection = (placement: Placement, kind: Connection["kind"] = "websocket"): Connection => ({
  kind,
  url: kind === "http" ? "https://vendor.example/jobs" : "wss://vendor.example/it's?a=1&b=$HOME",
  where: "anywhere",
  placement
})

const header: Placement = { in: "header", name: "Authorization", value: "Bearer {token}" }

it.each<[string, Connection, string]>([
  [
    "a header",
    connection(header),
    `websocat --header='Authorization: Bearer '"$TOKEN" 'wss://vendor.example/it'\\''s?a=1&b=$HOME'`
  ],
  [
    "a query parameter",
    connection({ in: "query", name: "jwt", value: "{token}" }),
    `websocat 'wss://vendor.example/it'\\''s?a=1&b=%24HOME&jwt='"$TOKEN"`
  ],
  [
    "subprotocols",
    connection({ in: "subprotocols", protocols: ["token", "{token}"] }),
    `websocat --protocol 'token, '"$TOKEN" 'wss://vendor.example/it'\\''s?a=1&b=$HOME'`
  ],
  [
    "the first message",
    connection({ in: "message", field: "api_key", value: "{token}" }),
    `{ printf '%s\\n' '{"api_key":"'"$TOKEN"'"}'; cat; } | websocat 'wss://vendor.example/it'\\''s?a=1&b=$HOME'`
  ],
  [
    "a header of HTTP",
    connection(header, "http"),
    `curl --header 'Authorization: Bearer '"$TOKEN" 'https://vendor.example/jobs'`
  ],
  [
    "a form",
    connection({ in: "form", field: "key", value: "{token}" }, "http"),
    `curl --form-string 'key='"$TOKEN" 'https://vendor.example/jobs'`
  ],
  [
    "the URL",
    { ...connection({ in: "url" }), url: "wss://vendor.example/{token}/listen" },
    `websocat 'wss://vendor.example/'"$TOKEN"'/listen'`
  ]
])("places the token in %s", (_, given, line) => {
  assert.strictEqual(connectionLine(given), line)
})

it("quotes a token so that a shell passes it on unchanged", () => {
  const token = `'; echo "$(id)" \\ \`id\` #'`
  const line = connectionLine(connection(header), undefined, Redacted.make(token))
  const { stdout } = spawnSync("sh", ["-c", `websocat() { printf '%s' "$1"; }; ${line}`], { encoding: "utf8" })
  assert.strictEqual(stdout, `--header=Authorization: Bearer ${token}`)
})

it("has a placeholder and an explanation for an unknown HTTP call", () => {
  const call = httpCall("acme", "tts.batch")
  const line = connectionLine(connection(header, "http"), call)
  assert.strictEqual(line, `curl --header 'Authorization: Bearer '"$TOKEN" … 'https://vendor.example/jobs'`)
  for (const text of ["…", "method", "body"]) assert.include(call.note, text)
})
