/** Base64 in both alphabets: the standard one, and the one for URLs. */

/** Writes bytes in base64. */
export const encode = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))

/** Writes bytes in base64url without padding, as tokens do. */
export const encodeUrl = (bytes: Uint8Array): string =>
  encode(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")

/** Reads base64; returns undefined if the text is not base64. */
export const decode = (text: string): Uint8Array | undefined =>
  /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0
    ? Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
    : undefined

/** Makes random text: this number of bytes in base64url. */
export const random = (bytes: number): string => encodeUrl(crypto.getRandomValues(new Uint8Array(bytes)))
