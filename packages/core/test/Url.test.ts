import { assert, it } from "@effect/vitest"
import { join, websocketOf } from "../src/vendor-api/Url.ts"

const joined: ReadonlyArray<readonly [base: string, path: string, url: string]> = [
  ["https://api.acme.example", "/v1/tokens", "https://api.acme.example/v1/tokens"],
  ["https://api.acme.example/", "/v1/tokens", "https://api.acme.example/v1/tokens"],
  ["https://proxy.example/acme//", "/v1/tokens", "https://proxy.example/acme/v1/tokens"],
  ["https://api.acme.example/v1", "/v1/tokens", "https://api.acme.example/v1/tokens"],
  ["https://api.acme.example/v1/", "/v1/tokens", "https://api.acme.example/v1/tokens"],
  ["https://api.acme.example/v2", "/jobs", "https://api.acme.example/v2/jobs"]
]

for (const [base, path, url] of joined) {
  it(`joins ${base} and ${path} to ${url}`, () => assert.strictEqual(join(base, path), url))
}

const sockets: ReadonlyArray<readonly [url: string, socket: string]> = [
  ["https://api.acme.example/v1/listen", "wss://api.acme.example/v1/listen"],
  ["http://127.0.0.1:9", "ws://127.0.0.1:9/"],
  ["HTTPS://API.acme.example/http", "wss://api.acme.example/http"]
]

for (const [url, socket] of sockets) {
  it(`the WebSocket URL of ${url} is ${socket}`, () => assert.strictEqual(websocketOf(url), socket))
}
