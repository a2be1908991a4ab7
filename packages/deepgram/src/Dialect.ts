/** The errors of the Deepgram API: three formats of a body, and a wrong key that only the message shows. */
import { type Dialect, lenient } from "@tempcred/core/VendorApi"
import * as Schema from "effect/Schema"

const text = Schema.optionalKey(lenient(Schema.NonEmptyString))

/** All three shapes of an error that `@deepgram/sdk` 5.13.0 knows (read 2026-11-21): the older, the newer, and a text. */
const Failure = Schema.Union([
  Schema.String,
  Schema.Struct({ err_code: text, err_msg: text, category: text, message: text, details: text, request_id: text })
])

/** The dialect of the Deepgram API. */
export const dialect: Dialect<typeof Failure.Type> = {
  failure: Failure,
  read: (failure) => {
    const said = typeof failure === "string" ? { message: failure } : failure
    const detail = [said.err_msg ?? said.message, said.details].filter((part) => part !== undefined).join(": ")
    return {
      code: said.err_code ?? said.category,
      detail,
      requestId: said.request_id,
      // A wrong key is a BAD_REQUEST at minting: https://github.com/deepgram-devs/nextjs-live-transcription/pull/38 (read 2026-11-21).
      tag: /^invalid credentials/i.test(detail) ? "AuthenticationError" : undefined
    }
  },
  // https://developers.deepgram.com/docs/errors (read 2026-11-21): the same code comes with 401 and with 403.
  codes: {
    AuthenticationError: ["INVALID_AUTH"],
    PermissionError: ["INSUFFICIENT_PERMISSIONS", "FORBIDDEN"],
    QuotaError: ["ASR_PAYMENT_REQUIRED"],
    RateLimitError: ["TOO_MANY_REQUESTS"]
  },
  advice: {
    AuthenticationError: "check DEEPGRAM_API_KEY",
    PermissionError: "give the key the role Member in the Deepgram console"
  }
}
