/** Converts a vendor's response into a decoded body or the reason of the failure. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { quote } from "../LogText.ts"
import { holds, scrub } from "../Scrubber.ts"
import { InvalidResponseError, type Reason } from "../TempCredentialError.ts"
import type { Answer } from "../transport/Exchange.ts"
import type { Refusal } from "./Refusal.ts"
import { type Skew, skew } from "./ReplyHeaders.ts"

/**
 * A decoded response, with the times of sending and receiving in epoch milliseconds. `skew` is how far the vendor's
 * clock is ahead. Differences under a second count as none.
 */
export interface Received<A> {
  readonly value: A
  readonly sentAt: number
  readonly receivedAt: number
  readonly skew: Skew
  /** Tells whether text contains a long-lived key, in any encoding. */
  readonly holdsKey: (text: string) => boolean
}

/** A decoder of responses. It removes the given keys from the messages of failures. */
export type Reader<A> = (
  answer: Answer,
  form: "json" | "text",
  keys: ReadonlyArray<Redacted.Redacted>
) => Effect.Effect<Received<A>, Reason>

/** Makes the reader of one endpoint. */
export const reader = <A>(response: Schema.Codec<A, unknown>, refusal: Refusal): Reader<A> => {
  const decode = Schema.decodeUnknownResult(response)
  return (answer, form, keys) => {
    if (answer.status < 200 || answer.status > 299) {
      return Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.fail(refusal(answer, keys, now)))
    }
    const value = decodeWith(decode, answer, form, keys)
    if (Result.isFailure(value)) return Effect.fail(value.failure)
    const { receivedAt, sentAt } = answer
    const holdsKey = (text: string) => holds(text, keys)
    return Effect.succeed({ value: value.success, sentAt, receivedAt, skew: skew(answer), holdsKey })
  }
}

const parseJson = Option.liftThrowable((text: string): unknown => JSON.parse(text))

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const decodeWith = <A>(
  decode: (input: unknown) => Result.Result<A, Schema.SchemaError>,
  answer: Answer,
  form: "json" | "text",
  keys: ReadonlyArray<Redacted.Redacted>
): Result.Result<A, InvalidResponseError> => {
  // The path of an issue can contain field names from the response, so keys are removed from it.
  const refuse = (detail: string) =>
    new InvalidResponseError({ status: answer.status, detail: quote(scrub(detail, keys), 300) })
  const content = form === "text" ? Option.some(answer.text) : parseJson(answer.text === "" ? "null" : answer.text)
  return Result.fromOption(content, () => refuse("the body is not JSON")).pipe(
    Result.flatMap((body) =>
      Result.mapError(decode(body), (error) =>
        refuse(
          format(error.issue)
            .issues.map((issue) => `${(issue.path ?? []).map(String).join(".") || "the body"}: ${issue.message}`)
            .join("; ")
        )
      )
    )
  )
}
