/** The rule for every URL that carries a token: encrypted, unless it stays on this machine. */

/** A loopback address, as browsers define it for secure contexts. */
const allowed = /^(https|wss):|^(http|ws):\/\/(([\w-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(?=[:/?#]|$)/i

/** Throws a `TypeError` for a URL that would send a token in plain text over a network. The error names the scheme and nothing else of the URL. */
export const requireEncryption = (url: string): void => {
  if (!allowed.test(url))
    throw new TypeError(`${url.replace(/:.*/s, "")}: is allowed on loopback only: use https: or wss:`)
}
