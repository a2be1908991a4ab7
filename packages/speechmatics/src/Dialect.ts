/**
 * The errors of the Speechmatics management platform. It has two formats: `{ code, message }`, where a code of 600 or more is a
 * validation rule, and `{ code, error, detail }`.
 */
import { type Dialect, lenient } from "@tempcred/core/VendorApi"
import * as Schema from "effect/Schema"

const text = Schema.optionalKey(lenient(Schema.NonEmptyString))

/** https://docs.speechmatics.com/get-started/authentication and its Management API specification (read 2026-08-13). */
const Failure = Schema.Struct({
  code: Schema.optionalKey(lenient(Schema.Finite)),
  message: text,
  error: text,
  detail: text
})

/** The dialect of both surfaces of the platform. */
export const dialect: Dialect<typeof Failure.Type> = {
  failure: Failure,
  read: ({ code, detail, error, message }) => {
    const said = message ?? [error, detail].filter((part) => typeof part === "string").join(": ")
    const [, field, rule] = /^(\w+) in (?:body|query) (.+)$/.exec(said) ?? []
    return {
      code: code === undefined ? undefined : String(code),
      detail: said === "" ? undefined : said,
      issues: field === undefined || rule === undefined ? [] : [{ field, message: rule }]
    }
  },
  fields: { type: "purpose", client_ref: "subject" }
}
