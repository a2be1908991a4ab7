/** The OpenAPI document of one endpoint, and a page that shows it. */
import type { TokenFrom } from "../authenticator/Identity.ts"
import * as Documents from "./Documents.ts"

const schemeOf = (from: TokenFrom | undefined): Readonly<Record<string, object>> => {
  if (from === undefined) return { bearer: { type: "http", scheme: "Bearer" } }
  return "cookie" in from
    ? { cookie: { type: "apiKey", in: "cookie", name: from.cookie } }
    : { header: { type: "apiKey", in: "header", name: from.header } }
}

const headers = {
  "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

/** Makes the document and the page for a prefix of paths and a place of the callers' tokens. */
export const make = (prefix: string, from: TokenFrom | undefined) => {
  const schemes = schemeOf(from)
  const document = Documents.json
    .replaceAll("{{prefix}}", prefix)
    .replace("{{schemes}}", () => JSON.stringify(schemes))
    .replace("{{security}}", () => JSON.stringify(Object.keys(schemes).map((name) => ({ [name]: [] }))))
  return { document, page: Documents.html.replaceAll("{{prefix}}", prefix), headers }
}
