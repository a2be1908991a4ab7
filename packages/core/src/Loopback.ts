/** Loopback addresses. */

/** Tells whether the host name of a URL is a loopback address. */
export const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname)
