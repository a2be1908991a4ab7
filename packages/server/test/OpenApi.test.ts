import { assert, it } from "@effect/vitest"
import * as Documents from "../src/token-server/Documents.ts"
import * as Described from "./openapi.ts"

it("the generated OpenAPI document and its page match the schemas (`pnpm run openapi` updates them)", () => {
  assert.strictEqual(Documents.json, Described.json)
  assert.strictEqual(Documents.html, Described.html)
})
