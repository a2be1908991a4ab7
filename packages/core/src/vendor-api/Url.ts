/** Makes the addresses that an adapter calls, and those that it hands out, of what an app configured. */

/**
 * Joins a base URL and a path that begins with a slash. A base that ends in slashes, or already in the first segment of the path, as some
 * vendors' own clients want it (`/v1`), means the same.
 */
export const join = (base: string, path: string): string => {
  const bare = base.replace(/\/+$/, "")
  const first = path.replace(/(?<=.)\/.*$/s, "")
  return (bare.endsWith(first) ? bare.slice(0, -first.length) : bare) + path
}

/** Finds the WebSocket address of an HTTP address: encrypted where that is, host in small letters, at the same path. */
export const websocketOf = (url: string): string => new URL(url.replace(/^http/i, "ws")).href
