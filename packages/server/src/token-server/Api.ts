/** The endpoint as an `HttpApi`: its paths, what each answers, and the OpenAPI document that follows from that. */
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Context from "effect/Context"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import type { Identity } from "../Authenticator.ts"

/** Who asks for a credential, once that is known. */
export class Caller extends Context.Service<Caller, Identity>()("@tempcred/server/TokenServer/Caller") {}

/** Tells who is asking, or answers 401. */
export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: Caller }>()(
  "@tempcred/server/TokenServer/Authorization",
  { security: { bearer: HttpApiSecurity.bearer } }
) {}

/** What is around every request for a credential: browsers' rules, the bound on how many there are, the count of them, and the answer to a defect. */
export class Frame extends HttpApiMiddleware.Service<Frame>()("@tempcred/server/TokenServer/RequestMetrics") {}

const problem = (status: TokenEndpoint.ProblemStatus, description: string) =>
  TokenEndpoint.Problem.pipe(
    HttpApiSchema.asJson({ contentType: "application/problem+json" }),
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
    problem(400, "The body is not JSON, or `issues` names the fields that are wrong."),
    problem(401, "The endpoint does not know who is asking."),
    problem(403, "The policy of the endpoint does not allow it; `issues` names the fields to change."),
    problem(408, "The body took too long."),
    problem(413, "The body is over 16 KiB."),
    problem(415, "The body is not said to be JSON."),
    problem(422, "The speech vendor cannot serve `feature` as asked."),
    problem(429, "The caller asks for more than it may: `retryAfter` seconds later it may ask again."),
    problem(500, "The endpoint failed."),
    problem(502, "The speech vendor refused the endpoint, cannot be reached, or answered what cannot be read."),
    problem(503, "The endpoint or the speech vendor cannot serve now; `retryAfter` says when, where that is known."),
    problem(504, "The speech vendor did not answer in time.")
  ]
})
  .middleware(Authorization)
  .middleware(Frame)
  .annotate(OpenApi.Summary, "Mint a short-lived credential")
  .annotate(OpenApi.Description, "The credential is for whoever is asking. Nobody may store the answer.")

const State = Schema.Struct({ status: Schema.Literal("ok") })

const live = HttpApiEndpoint.get("live", "/healthz", { success: State }).annotate(
  OpenApi.Summary,
  "Tell that the process lives"
)

const ready = HttpApiEndpoint.get("ready", "/readyz", {
  success: State,
  error: problem(503, "The endpoint is stopping.")
}).annotate(OpenApi.Summary, "Tell whether requests are served")

/** The API whose paths begin with a prefix. */
export const make = (prefix: "" | `/${string}`) =>
  HttpApi.make("tempcred")
    .add(HttpApiGroup.make("credentials").add(mint))
    .add(HttpApiGroup.make("health").add(live, ready))
    .annotate(OpenApi.Title, "tempcred token endpoint")
    .annotate(OpenApi.Version, "1")
    .prefix(prefix === "" ? "/" : prefix)
