/** Converts requests for sending: adds the key as a header, and refuses to send it without TLS. */
import * as Redacted from "effect/Redacted"
import { checkUrl } from "../ConfigurationError.ts"
import { InvalidRequestError } from "../TempCredentialError.ts"
import type { Outgoing, Wire } from "./Exchange.ts"

/** Returns the error of a request that would send a key without TLS. */
export const refuse = ({ url }: Outgoing): InvalidRequestError | undefined => {
  if (url.protocol === "https:" || checkUrl("", url.origin).length === 0) return undefined
  const message = "must begin with https:// (http:// is allowed on loopback only)"
  return new InvalidRequestError({ issues: [{ field: "url", message }] })
}

const bearer = { name: "authorization", prefix: "Bearer " }

/** Converts a request into headers and text, and adds its key. */
export const make = ({ body, form, headers: given, key, keyHeader = bearer, method, url }: Outgoing): Wire => {
  const headers: Record<string, string> = { accept: "application/json", "accept-encoding": "identity" }
  for (const [name, value] of Object.entries(given ?? {})) if (value !== undefined) headers[name] = value
  const text = form === undefined ? jsonOf(body) : formOf(form)
  if (text !== undefined) headers["content-type"] = form === undefined ? "application/json" : formType
  headers[keyHeader.name] = keyHeader.prefix + Redacted.value(key)
  return { method, url, headers, body: text }
}

const formType = "application/x-www-form-urlencoded"

const jsonOf = (body: unknown): string | undefined => (body === undefined ? undefined : JSON.stringify(body))

const formOf = (form: NonNullable<Outgoing["form"]>): string =>
  new URLSearchParams(
    Object.entries(form).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  ).toString()
