/** Options of `fetch` for requests and responses with secrets. */

/**
 * Returns options of `fetch` for the current platform: redirects are returned as responses, and
 * nothing is cached. Cloudflare Workers with a compatibility date before 2024-11-11 refuse the
 * `cache` option, and cache nothing.
 */
export const fetchOptions = (): Pick<RequestInit, "redirect" | "credentials" | "cache"> => ({
  redirect: "manual",
  credentials: "omit",
  ...(typeof Request === "function" && "cache" in Request.prototype ? { cache: "no-store" } : {})
})
