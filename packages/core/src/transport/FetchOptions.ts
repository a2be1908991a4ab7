/** Options of `fetch` for requests and responses with secrets. */

/**
 * Returns options of `fetch` for the current platform. `fetch` then returns redirects as responses, and
 * does not cache. Cloudflare Workers with a compatibility date before 2024-11-11 do not cache and refuse
 * the `cache` option, so it is omitted there.
 */
export const fetchOptions = (): Pick<RequestInit, "redirect" | "credentials" | "cache"> => ({
  redirect: "manual",
  credentials: "omit",
  ...(typeof Request === "function" && "cache" in Request.prototype ? { cache: "no-store" } : {})
})
