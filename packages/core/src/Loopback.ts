/** Addresses that stay on this machine. */

/** Tests whether a host name, as a URL has it, is this machine's own. */
export const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname)
