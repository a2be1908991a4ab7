/** Where a WebSocket upgrade holds its key: https://soniox.com/docs/guides/websocket-authentication (read 2026-10-10). */
import { type Failure, keyFailures } from "./Failures.ts"

const marker = "soniox-api-key"

/** What an upgrade says of its key: where it says nothing, the first message is to hold it. */
export interface Handshake {
  readonly key: string | undefined
  /** The key is presented in a way that the vendor refuses. */
  readonly failure: Failure | undefined
  /** The subprotocol to answer with. */
  readonly protocol: string | undefined
}

/** The key in an `Authorization` header; undefined where the header has another scheme. */
export const bearer = (header: string): string | undefined => /^Bearer (\S+)$/i.exec(header)?.[1]

/** Reads an upgrade. */
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
