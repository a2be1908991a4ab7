/** Reasons of vendor responses, from a tag or from the HTTP status. */
import {
  AuthenticationError,
  type Feature,
  InvalidRequestError,
  InvalidResponseError,
  type Issue,
  PermissionError,
  QuotaError,
  RateLimitError,
  type Reason,
  TransportError,
  UnavailableError,
  UnsupportedError
} from "../TempCredentialError.ts"

/** The fields that every reason has. */
type Fields = Pick<UnavailableError, "status" | "code" | "requestId" | "retryAfter" | "detail">

/**
 * The tags of the reasons that a response can have. All nine are listed, because the response of a
 * token endpoint can have any of them.
 */
export const answerTags = [
  "InvalidRequestError",
  "UnsupportedError",
  "AuthenticationError",
  "PermissionError",
  "QuotaError",
  "RateLimitError",
  "UnavailableError",
  "TransportError",
  "InvalidResponseError"
] as const

/** The tag of a reason that a response can have. */
export type AnswerTag = (typeof answerTags)[number]

/**
 * Makes the reason of a response. An `UnsupportedError` without a feature becomes an
 * `InvalidRequestError`.
 */
export const fromAnswer = (
  tag: AnswerTag,
  fields: Fields,
  issues: ReadonlyArray<Issue>,
  feature: Feature | undefined
): Reason => {
  switch (tag) {
    case "InvalidRequestError":
      return new InvalidRequestError({ ...fields, issues })
    case "UnsupportedError":
      return feature === undefined
        ? new InvalidRequestError({ ...fields, issues })
        : new UnsupportedError({ ...fields, feature })
    case "AuthenticationError":
      return new AuthenticationError(fields)
    case "PermissionError":
      return new PermissionError(fields)
    case "QuotaError":
      return new QuotaError(fields)
    case "RateLimitError":
      return new RateLimitError(fields)
    case "UnavailableError":
      return new UnavailableError(fields)
    case "TransportError":
      return new TransportError({ ...fields, timedOut: fields.status === 504 })
    case "InvalidResponseError":
      return new InvalidResponseError(fields)
  }
}

/** Returns the tag of the reason for an HTTP status. */
export const tagFromStatus = (status: number): AnswerTag => {
  if (status === 401) return "AuthenticationError"
  if (status === 402) return "QuotaError"
  if (status === 403) return "PermissionError"
  if (status === 408 || status === 425 || status >= 500) return "UnavailableError"
  if (status === 429) return "RateLimitError"
  return status >= 400 ? "InvalidRequestError" : "InvalidResponseError"
}
