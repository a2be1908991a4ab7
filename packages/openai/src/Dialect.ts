/** The errors of the OpenAI API: a code or a type, and the path of the invalid field. */
import { type Dialect, lenient } from "@tempcred/core/VendorApi"
import * as Schema from "effect/Schema"

const text = Schema.optionalKey(lenient(Schema.NonEmptyString))

const Failure = Schema.Struct({ error: Schema.Struct({ message: text, type: text, param: text, code: text }) })

/** The dialect of the OpenAI API. */
export const dialect: Dialect<typeof Failure.Type> = {
  failure: Failure,
  read: ({ error: { code, message, param, type } }) => ({
    code: code ?? type,
    detail: message,
    issues: param === undefined ? [] : [{ field: param.replace(/^session\..*/, "session"), message: message ?? "" }],
    // A 429 that waiting does not resolve: https://developers.openai.com/api/docs/guides/error-codes (read 2026-11-21). Its codes vary.
    tag: type === "insufficient_quota" ? "QuotaError" : undefined
  }),
  fields: { expires_after: "ttl", "expires_after.seconds": "ttl" },
  codes: {
    QuotaError: [
      "insufficient_quota",
      "credit_balance_exhausted",
      "organization_spend_limit_exceeded",
      "organization_usage_limit_exceeded",
      "project_spend_limit_exceeded"
    ]
  },
  advice: { AuthenticationError: "check OPENAI_API_KEY" }
}
