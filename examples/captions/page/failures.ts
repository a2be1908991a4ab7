/** Failures on purpose, at an emulated vendor. Each one cuts the connection, so that the page must recover. */
import type { Credential, Source } from "tempcred/client"
import { fail } from "./backend.ts"

/** A source that can be made to return bad credentials. */
export interface FailingSource extends Pick<Source, "take" | "invalidate"> {
  /**
   * Lets something fail: the next credential expires before its use, the last one is used again, or the endpoint is
   * down for a while.
   */
  readonly fail: (what: string) => Promise<void>
}

export const makeFailing = (vendor: string, source: Source): FailingSource => {
  let pending = ""
  let last: Credential | undefined
  return {
    fail: async (what) => {
      pending = what
      if (what === "down") await fail(vendor, "down")
      await fail(vendor, "cut")
    },
    take: async (request, options) => {
      const what = pending
      pending = ""
      // A source never returns a single-use credential twice, so this repeats it.
      if (what === "again" && last !== undefined) return last
      last = await source.take(request, options)
      if (what === "expired") await fail(vendor, "expire")
      return last
    },
    invalidate: source.invalidate
  }
}
