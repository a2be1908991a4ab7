/**
 * The OpenAPI document of the endpoint. `node test/openapi.ts` writes it to the source, so that `effect/http-api` is in no bundle of the endpoint; a test tells
 * when it is out of date.
 */
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as OpenApi from "effect/http-api/OpenApi"
import * as ProblemDetails from "effect/http/ProblemDetails"
import * as Schema from "effect/Schema"
import { writeFileSync } from "node:fs"

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

class Authentication extends HttpApiMiddleware.Service<Authentication>()(
  "@tempcred/server/TokenServer/Authentication",
  { security: { bearer: HttpApiSecurity.bearer } }
) {}

const api = HttpApi.make("tempcred")
  .add(HttpApiGroup.make("credentials").add(mint.middleware(Authentication)))
  .add(HttpApiGroup.make("health").add(live, ready))
  .annotate(OpenApi.Title, "tempcred token endpoint")
  .annotate(OpenApi.Version, "1")

const spec = OpenApi.fromApi(api)

/** The document, with placeholders for the parts that differ between endpoints. */
export const json = JSON.stringify({
  ...spec,
  paths: Object.fromEntries(Object.entries(spec.paths).map(([path, item]) => [`{{prefix}}${path}`, item]))
})
  .replace('{"bearer":{"type":"http","scheme":"Bearer"}}', "{{schemes}}")
  .replace('[{"bearer":[]}]', "{{security}}")

const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

const section = (path: string, name: string, operation: OpenApi.OpenAPISpec["paths"][string]["get"]): string => {
  if (operation === undefined) return ""
  const rows = Object.entries(operation.responses).map(
    ([status, { description }]) => `<tr><td>${status}</td><td>${escape(description)}</td></tr>`
  )
  const body = operation.requestBody?.content
  return `<h2><code>${name} {{prefix}}${escape(path)}</code></h2>
<p>${escape([operation.summary, operation.description].filter(Boolean).join(". "))}</p>
${body === undefined ? "" : `<h3>Body</h3><pre>${escape(JSON.stringify(body, null, 2))}</pre>`}
<table border="1" cellpadding="6"><tr><th>Status</th><th>Meaning</th></tr>${rows.join("")}</table>
`
}

/** A page of the document: plain HTML without scripts, styles or anything external. */
export const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${spec.info.title}</title></head>
<body>
<h1>${spec.info.title}</h1>
<p>OpenAPI document: <a href="{{prefix}}/openapi.json">{{prefix}}/openapi.json</a></p>
${Object.entries(spec.paths)
  .map(([path, { get, post }]) => section(path, "POST", post) + section(path, "GET", get))
  .join("")}</body>
</html>`

const source = `/** Generated by \`node test/openapi.ts\`: documents with places for what differs between endpoints. */

/** The OpenAPI document. */
export const json: string = ${JSON.stringify(json)}

/** The page that shows it. */
export const html: string = ${JSON.stringify(html)}
`

if (import.meta.main) writeFileSync(new URL("../src/token-server/Documents.ts", import.meta.url), source)
