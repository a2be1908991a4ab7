/**
 * What the tests of the vendors drive alike: an emulator without a port.
 */
import type { Emulator } from "../src/Emulator.ts"

/** Sends one request, such as `ask(emulator, "POST /v1/auth/grant", { ttl_seconds: 60 }, headers)`. */
export const ask = async (
  emulator: Emulator,
  route: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
  host = "emulator.test"
) => {
  const [method = "", path = ""] = route.split(" ")
  const sent = body === undefined || typeof body === "string" || body instanceof FormData ? body : JSON.stringify(body)
  const request = new Request(`http://${host}${path}`, {
    method,
    headers,
    ...(sent === undefined ? {} : { body: sent })
  })
  const response = await emulator.handle(request)
  const text = await response.text()
  const isJson = /json/.test(response.headers.get("content-type") ?? "")
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
}

/** Asks for an upgrade, and gives what it is refused with before it. */
export const refusal = async (emulator: Emulator, path: string, headers: Record<string, string> = {}) => {
  const answer = await emulator.connect(new Request(new URL(path, "http://emulator.test"), { headers }))
  if (!(answer instanceof Response)) throw new Error("accepted")
  return { status: answer.status, headers: answer.headers, body: await answer.json() }
}

export const bearer = (credential: string): Record<string, string> => ({ authorization: `Bearer ${credential}` })

/** The headers of a browser that offers these subprotocols. */
export const offering = (...protocols: ReadonlyArray<string>): Record<string, string> => ({
  "sec-websocket-protocol": protocols.join(", ")
})

/** So many milliseconds of 16 kHz samples. */
export const audio = (milliseconds: number): Uint8Array => new Uint8Array(milliseconds * 32)
