/**
 * What `fetch` is told for every request to a vendor.
 *
 * @since 0.1.0
 */

/**
 * Options of `fetch`: redirects come back as answers, and nothing is kept. Cloudflare Workers with a compatibility date before 2024-11-11 keep nothing and
 * refuse the option.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fetchOptions = (): Pick<RequestInit, "redirect" | "credentials" | "cache"> => ({
  redirect: "manual",
  credentials: "omit",
  ...(typeof Request === "function" && "cache" in Request.prototype ? { cache: "no-store" } : {})
})
