/** The description of the endpoint as an `HttpApi`, for the OpenAPI document, and a page that shows it. `Routes` serves the requests. */
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as OpenApi from "effect/http-api/OpenApi"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as ProblemDetails from "effect/http/ProblemDetails"
import * as Schema from "effect/Schema"
import type { TokenFrom } from "../authenticator/Identity.ts"

const securityOf = (from: TokenFrom | undefined): Record<string, HttpApiSecurity.HttpApiSecurity> => {
  if (from === undefined) return { bearer: HttpApiSecurity.bearer }
  return "cookie" in from
    ? { cookie: HttpApiSecurity.apiKey({ key: from.cookie, in: "cookie" }) }
    : { header: HttpApiSecurity.apiKey({ key: from.header, in: "header" }) }
}

const problem = (status: TokenEndpoint.ProblemStatus, description: string) =>
  TokenEndpoint.Problem.pipe(
    HttpApiSchema.asJson({ contentType: ProblemDetails.contentType }),
    Schema.annotate({ description }),
    HttpApiSchema.status(status)
  )

const mint = HttpApiEndpoint.post("mint", TokenEndpoint.path, {
  payload: TokenEndpoint.Request,
  success: TokenEndpoint.Response.pipe(
    Schema.annotate({ description: "A credential, its fingerprint, and how to connect with it." }),
    HttpApiSchema.status(201)
  ),
  error: [
    problem(400, "The body is not JSON, or `issues` names its wrong fields."),
    problem(401, "The caller is not authenticated."),
    problem(403, "The policy of the endpoint does not allow the request. `issues` names the fields to change."),
    problem(408, "The body did not arrive in time."),
    problem(413, "The body is over 16 KiB."),
    problem(415, "The `Content-Type` is not JSON."),
    problem(422, "The speech vendor cannot serve `feature` as asked."),
    problem(429, "Rate limit of the caller exceeded. `retryAfter` is the wait in seconds."),
    problem(500, "The endpoint failed."),
    problem(502, "The speech vendor refused the endpoint, is unreachable, or sent an unreadable answer."),
    problem(
      503,
      "The endpoint or the speech vendor is unavailable. `retryAfter` is the wait in seconds, if it is known."
    ),
    problem(504, "The speech vendor did not answer in time.")
  ]
})
  .annotate(OpenApi.Summary, "Mint a short-lived credential")
  .annotate(OpenApi.Description, "The credential is for the caller alone. The response must not be stored.")

const State = Schema.Struct({ status: Schema.Literal("ok") })

const live = HttpApiEndpoint.get("live", "/healthz", { success: State }).annotate(OpenApi.Summary, "Liveness probe")

const ready = HttpApiEndpoint.get("ready", "/readyz", {
  success: State,
  error: problem(503, "The endpoint is stopping.")
}).annotate(OpenApi.Summary, "Readiness probe")

/** Makes the description for a prefix of paths and a place of the callers' tokens. */
export const make = (prefix: "" | `/${string}`, from: TokenFrom | undefined) => {
  class Authentication extends HttpApiMiddleware.Service<Authentication>()(
    "@tempcred/server/TokenServer/Authentication",
    { security: securityOf(from) }
  ) {}
  return HttpApi.make("tempcred")
    .add(HttpApiGroup.make("credentials").add(mint.middleware(Authentication)))
    .add(HttpApiGroup.make("health").add(live, ready))
    .annotate(OpenApi.Title, "tempcred token endpoint")
    .annotate(OpenApi.Version, "1")
    .prefix(prefix === "" ? "/" : prefix)
}

const pageHeaders = {
  "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

const json = (value: unknown): string => `<pre>${escape(JSON.stringify(value, null, 2))}</pre>`

const method = (path: string, name: string, operation: OpenApi.OpenAPISpec["paths"][string]["get"]): string => {
  if (operation === undefined) return ""
  const rows = Object.entries(operation.responses).map(
    ([status, { description }]) => `<tr><td>${status}</td><td>${escape(description)}</td></tr>`
  )
  return `<h2><code>${name} ${escape(path)}</code></h2>
<p>${escape([operation.summary, operation.description].filter(Boolean).join(". "))}</p>
${operation.requestBody === undefined ? "" : `<h3>Body</h3>${json(operation.requestBody.content)}`}
<table border="1" cellpadding="6"><tr><th>Status</th><th>Meaning</th></tr>${rows.join("")}</table>`
}

/** Makes a page of an OpenAPI document, whose path is `document`. It is plain HTML without scripts, styles or anything external. */
export const page = (spec: OpenApi.OpenAPISpec, document: string): HttpServerResponse.HttpServerResponse => {
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
<p>OpenAPI document: <a href="${escape(document)}">${escape(document)}</a></p>
${methods.join("\n")}
<h2>Schemas</h2>
${schemas.join("\n")}
</body>
</html>`).pipe(HttpServerResponse.setHeaders(pageHeaders))
}
