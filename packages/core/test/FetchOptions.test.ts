import { fetchOptions } from "@tempcred/core/Transport"
import { afterEach, assert, describe, it, vi } from "@effect/vitest"

afterEach(() => void vi.unstubAllGlobals())

describe("the options for fetch", () => {
  it("forbid caching, redirects and cookies", () => {
    assert.deepStrictEqual(fetchOptions(), { redirect: "manual", credentials: "omit", cache: "no-store" })
  })
  it.each([
    [
      "Request has no cache property",
      class {
        readonly method = "GET"
      }
    ],
    ["Request does not exist", undefined]
  ])("omit the cache option if %s", (_, request) => {
    vi.stubGlobal("Request", request)
    assert.deepStrictEqual(fetchOptions(), { redirect: "manual", credentials: "omit" })
  })
})
