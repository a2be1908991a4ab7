/** JSON Web Tokens, signed with keys that are made on first use. */
import * as Base64 from "./Base64.ts"

const encoder = new TextEncoder()

const part = (value: unknown): string => Base64.encodeUrl(encoder.encode(JSON.stringify(value)))

/** Signs claims as a JWT. */
export type Sign = (claims: unknown) => Promise<string>

const signer = (algorithm: string, parameters: AlgorithmIdentifier, makeKey: () => Promise<CryptoKey>): Sign => {
  let key: Promise<CryptoKey> | undefined
  return async (claims) => {
    key ??= makeKey()
    const content = `${part({ typ: "JWT", alg: algorithm })}.${part(claims)}`
    const signature = await crypto.subtle.sign(parameters, await key, encoder.encode(content))
    return `${content}.${Base64.encodeUrl(new Uint8Array(signature))}`
  }
}

/** Makes a signer for HS256. */
export const hs256 = (): Sign => {
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  return signer("HS256", algorithm, () =>
    crypto.subtle.importKey("raw", crypto.getRandomValues(new Uint8Array(32)), algorithm, false, ["sign"])
  )
}

/** Makes a signer for RS256. */
export const rs256 = (): Sign => {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }
  const size = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
  return signer("RS256", algorithm, async () => {
    const pair = await crypto.subtle.generateKey({ ...algorithm, ...size }, false, ["sign", "verify"])
    return pair.privateKey
  })
}
