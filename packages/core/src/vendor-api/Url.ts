/** Functions that make an adapter's URLs from configured base URLs. */

/**
 * Joins a base URL and a path that starts with a slash. The base may end in slashes. It may also end in
 * the first segment of the path, such as `/v1`, because some vendors' SDKs expect this.
 */
export const join = (base: string, path: string): string => {
  const bare = base.replace(/\/+$/, "")
  const first = path.replace(/(?<=.)\/.*$/s, "")
  return (bare.endsWith(first) ? bare.slice(0, -first.length) : bare) + path
}

/**
 * Returns the WebSocket URL of an HTTP URL: `wss` for `https`, with the host in lowercase letters
 * and the same path.
 */
export const websocketOf = (url: string): string => new URL(url.replace(/^http/i, "ws")).href
