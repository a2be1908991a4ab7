import { fetchOptions } from "@tempcred/core/Transport"
import { afterEach, assert, describe, it, vi } from "@effect/vitest"

afterEach(() => void vi.unstubAllGlobals())

describe("options of fetch", () => {
  it("forbid caching, redirects and cookies", () => {
    assert.deepStrictEqual(fetchOptions(), { redirect: "manual", credentials: "omit", cache: "no-store" })
  })
  it.each([
    [
      "requests have no cache option",
      class {
        readonly method = "GET"
      }
    ],
    ["there is no Request", undefined]
  ])("leave out the cache option where %s", (_, request) => {
    vi.stubGlobal("Request", request)
    assert.deepStrictEqual(fetchOptions(), { redirect: "manual", credentials: "omit" })
  })
})
