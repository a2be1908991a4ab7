import { assert, it } from "@effect/vitest"
import { join } from "../src/vendor-api/Url.ts"

const joined: ReadonlyArray<readonly [base: string, path: string, url: string]> = [
  ["https://api.acme.example", "/v1/tokens", "https://api.acme.example/v1/tokens"],
  ["https://api.acme.example/", "/v1/tokens", "https://api.acme.example/v1/tokens"],
  ["https://proxy.example/acme//", "/v1/tokens", "https://proxy.example/acme/v1/tokens"],
  ["https://api.acme.example/v1", "/v1/tokens", "https://api.acme.example/v1/tokens"],
  ["https://api.acme.example/v1/", "/v1/tokens", "https://api.acme.example/v1/tokens"],
  ["https://api.acme.example/v2", "/jobs", "https://api.acme.example/v2/jobs"]
]

for (const [base, path, url] of joined) {
  it(`${base} and ${path} are ${url}`, () => assert.strictEqual(join(base, path), url))
}
