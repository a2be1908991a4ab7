/** What `fetch` is told for every request whose answer holds secrets or keys. */

/**
 * Gives options of `fetch` that every platform takes: redirects come back as answers, and nothing is kept. Cloudflare Workers with a compatibility date before 2024-11-11 keep nothing and
 * refuse the option.
 */
export const fetchOptions = (): Pick<RequestInit, "redirect" | "credentials" | "cache"> => ({
  redirect: "manual",
  credentials: "omit",
  ...(typeof Request === "function" && "cache" in Request.prototype ? { cache: "no-store" } : {})
})
