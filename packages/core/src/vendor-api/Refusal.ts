/**
 * Converts a vendor's error response into a reason, by the vendor's dialect or else by the HTTP status.
 * Removes keys from the message and shortens it.
 */
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { answerTags, fromAnswer, tagFromStatus } from "./AnswerReason.ts"
import { retryAfter } from "./ReplyHeaders.ts"
import { scrub } from "../Scrubber.ts"
import { quote } from "../LogText.ts"
import type { Reason } from "../TempCredentialError.ts"
import type { Answer } from "../transport/Exchange.ts"
import type { Dialect, VendorFailure } from "./Dialect.ts"

const parseJson = Option.liftThrowable((text: string): unknown => JSON.parse(text))

/** A reader of error responses, which removes keys from the reason. `now` is in epoch milliseconds. */
export type Refusal = (answer: Answer, keys: ReadonlyArray<Redacted.Redacted>, now: number) => Reason

/** Makes the reader of a vendor's error responses. */
export const reader = <Failure>(dialect: Dialect<Failure>): Refusal => {
  const decode = Schema.decodeUnknownOption(dialect.failure)
  const fields = new Map(Object.entries(dialect.fields ?? {}))
  const tags = new Map(answerTags.flatMap((tag) => (dialect.codes?.[tag] ?? []).map((code) => [code, tag] as const)))
  return (answer, keys, now) => {
    const told = parseJson(answer.text).pipe(
      Option.flatMap(decode),
      Option.map(dialect.read),
      Option.getOrElse((): VendorFailure => plain(answer))
    )
    const clean = scrubber(keys)
    const code = clean(told.code, 100)
    const tag =
      told.tag ?? tags.get(told.code ?? "") ?? dialect.statuses?.[answer.status] ?? tagFromStatus(answer.status)
    const requestId = clean(told.requestId ?? answer.headers["x-request-id"], 100)
    const advice = dialect.advice?.[tag]
    const said = clean(told.detail, advice === undefined ? 300 : 297 - advice.length)
    const detail = [said, advice].filter((part) => part !== undefined && part !== "").join(" — ")
    const wait = retryAfter(answer.headers, now)
    return fromAnswer(
      tag,
      {
        status: answer.status,
        ...(code === undefined ? {} : { code }),
        ...(requestId === undefined ? {} : { requestId }),
        ...(wait === undefined ? {} : { retryAfter: wait }),
        ...(detail === "" ? {} : { detail })
      },
      (told.issues ?? []).slice(0, 20).flatMap((issue) => {
        const field = fields.get(issue.field) ?? clean(issue.field, 100) ?? ""
        // An issue without a field is omitted, because it repeats the detail.
        return field === "" ? [] : [{ field, message: clean(issue.message, 300) || "was refused" }]
      }),
      told.feature
    )
  }
}

/** Uses a plain text body as the message. Ignores other bodies, such as web pages. */
const plain = (answer: Answer): VendorFailure =>
  answer.headers["content-type"]?.toLowerCase().startsWith("text/plain") === true ? { detail: answer.text } : {}

/** Removes keys from text and then shortens it. In this order, no part of a key remains at the end. */
const scrubber =
  (keys: ReadonlyArray<Redacted.Redacted>) =>
  (text: string | undefined, length: number): string | undefined =>
    text === undefined ? undefined : quote(scrub(text, keys), length)
