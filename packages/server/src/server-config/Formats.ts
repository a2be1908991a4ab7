/** What each variable of an endpoint may be. */
import * as Environment from "@tempcred/core/Environment"
import { Name } from "@tempcred/core/MintRequest"
import { Purpose } from "@tempcred/core/Purpose"
import * as Schema from "effect/Schema"

const text = (isAllowed: (text: string) => boolean, rule: string): Environment.Format<string> =>
  Environment.ofSchema(Schema.String.check(Schema.makeFilter(isAllowed)), rule)

/** A number of requests. */
export const count: Environment.Format<number> = Environment.wholeNumber(1)

/** A port; 0 is any free one. */
export const port: Environment.Format<number> = Environment.wholeNumber(0, 65_535)

/** A host name or an address. */
export const host: Environment.Format<string> = text(
  (value) => /^\S+$/.test(value),
  "must be a host name or an address"
)

/** A path that all others begin with; the rest of its rule is checked with the server's options. */
export const prefix: Environment.Format<`/${string}`> = Environment.ofSchema(
  Schema.TemplateLiteral(["/", Schema.String]),
  "must be a path such as /api/speech, without a slash at the end"
)

/** An origin of web pages. A pattern is a host name to `URL`, so it is refused here; the rest is checked with the server's options. */
export const origin: Environment.Format<string> = text(
  (value) => /^[^*]+$/.test(value),
  "must be origins such as https://app.example.com, with commas: no path, no slash at the end, no pattern"
)

/** The name of a header, which is checked with the server's options. */
export const header: Environment.Format<string> = Environment.ofSchema(
  Name,
  "must be the names of headers such as traceparent, with commas: no pattern"
)

/** A purpose of credentials. */
export const purpose: Environment.Format<Purpose> = Environment.ofSchema(
  Purpose,
  `must be one or several of ${Purpose.literals.join(", ")}, with commas`
)

/** A region's name. */
export const region: Environment.Format<string> = Environment.ofSchema(
  Name,
  "must be the names of regions, with commas"
)

/** How firmly credentials are for one use. */
export const singleUse: Environment.Format<"required" | "preferred" | "asked"> = Environment.oneOf([
  "required",
  "preferred",
  "asked"
])

/** Where limits are counted. */
export const store: Environment.Format<string> = text(
  (value) => value === "memory" || Environment.isRedisUrl(value),
  "must be memory, or a URL such as redis://host:port or rediss://user:password@host:port/0"
)

/** Where telemetry goes. */
export const webUrl: Environment.Format<string> = text(
  (value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ""),
  "must be a URL that begins with https:// or http://"
)

/** How telemetry is encoded. */
export const protocol: Environment.Format<"http/protobuf" | "http/json"> = {
  ...Environment.oneOf(["http/protobuf", "http/json"]),
  rule: "must be http/protobuf or http/json"
}

/** The key that subjects are hashed with, which the policy checks. */
export const subjectKeyRule = "must be 32 bytes or more in base64: make one with openssl rand -base64 32"
