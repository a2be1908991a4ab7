/** A page that shows the endpoint's API to people: plain HTML, without scripts, styles or anything from elsewhere. */
import type { OpenAPISpec } from "effect/http-api/OpenApi"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

const headers = {
  "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

const json = (value: unknown): string => `<pre>${escape(JSON.stringify(value, null, 2))}</pre>`

const method = (path: string, name: string, operation: OpenAPISpec["paths"][string]["get"]): string => {
  if (operation === undefined) return ""
  const rows = Object.entries(operation.responses).map(
    ([status, { description }]) => `<tr><td>${status}</td><td>${escape(description)}</td></tr>`
  )
  return `<h2><code>${name} ${escape(path)}</code></h2>
<p>${escape([operation.summary, operation.description].filter(Boolean).join(". "))}</p>
${operation.requestBody === undefined ? "" : `<h3>Body</h3>${json(operation.requestBody.content)}`}
<table border="1" cellpadding="6"><tr><th>Status</th><th>Meaning</th></tr>${rows.join("")}</table>`
}

/** Makes the page of an OpenAPI document, which is found at `document`. */
export const make = (spec: OpenAPISpec, document: string): HttpServerResponse.HttpServerResponse => {
  const title = escape(spec.info.title)
  const methods = Object.entries(spec.paths).flatMap(([path, { get, post }]) => [
    method(path, "GET", get),
    method(path, "POST", post)
  ])
  const schemas = Object.entries(spec.components.schemas).map(
    ([name, schema]) => `<h3>${escape(name)}</h3>${json(schema)}`
  )
  return HttpServerResponse.html(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${title}</title></head>
<body>
<h1>${title}</h1>
<p>The same as an OpenAPI document: <a href="${escape(document)}">${escape(document)}</a></p>
${methods.join("\n")}
<h2>Schemas</h2>
${schemas.join("\n")}
</body>
</html>`).pipe(HttpServerResponse.setHeaders(headers))
}
