/** The rule for URLs with a token: encrypted, except on this machine. */

/** A loopback address, as browsers define it for secure contexts. */
const allowed = /^(https|wss):|^(http|ws):\/\/(([\w-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(?=[:/?#]|$)/i

/**
 * Throws a `TypeError` for a URL that would send a token unencrypted over a network. The error contains only the scheme
 * of the URL.
 */
export const requireEncryption = (url: string): void => {
  if (!allowed.test(url))
    throw new TypeError(`${url.replace(/:.*/s, "")}: is allowed on loopback only: use https: or wss:`)
}
