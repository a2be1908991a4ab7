/** The key in a WebSocket upgrade: https://soniox.com/docs/guides/websocket-authentication (read 2026-10-10). */
import { type Failure, keyFailures } from "./Failures.ts"

const marker = "soniox-api-key"

/** The key of an upgrade. Without one, the first message must contain it. */
export interface Handshake {
  readonly key: string | undefined
  /** The refusal of a key in the wrong form. */
  readonly failure: Failure | undefined
  /** The subprotocol of the response. */
  readonly protocol: string | undefined
}

/** Returns the key in an `Authorization` header, or undefined if the header has another scheme. */
export const bearer = (header: string): string | undefined => /^Bearer (\S+)$/i.exec(header)?.[1]

/** Reads the headers of an upgrade. */
export const read = (headers: Headers): Handshake => {
  const header = headers.get("authorization")
  const offered = (headers.get("sec-websocket-protocol") ?? "").split(",").map((entry) => entry.trim())
  const others = offered.filter((entry) => entry !== marker)
  const inProtocols = others.length < offered.length
  const protocol = inProtocols ? marker : undefined
  const refused = (failure: Failure): Handshake => ({ key: undefined, failure, protocol })
  if (inProtocols) {
    if (header !== null) return refused(keyFailures.headerAndProtocols)
    const [key] = others
    if (key === undefined || key === "" || offered.length !== 2) return refused(keyFailures.malformedProtocols)
    return { key, failure: undefined, protocol }
  }
  if (header === null) return { key: undefined, failure: undefined, protocol }
  const key = bearer(header)
  return key === undefined ? refused(keyFailures.malformedHeader) : { key, failure: undefined, protocol }
}
