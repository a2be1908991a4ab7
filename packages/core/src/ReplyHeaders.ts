/**
 * What a vendor's response headers say about time: how long to wait, and how far its clock is from ours.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Headers from "effect/http/Headers"
import * as Result from "effect/Result"
import type { Answer } from "./Transport.ts"

/**
 * Reads `retry-after-ms`, or `Retry-After` as seconds or as an HTTP date; `undefined` where there is none that can be read.
 *
 * @category decoding
 * @since 0.1.0
 */
export const retryAfter = (headers: Answer["headers"], now: number): Duration.Duration | undefined => {
  const millis = headers["retry-after-ms"]
  if (millis !== undefined && /^\d{1,9}$/.test(millis.trim())) return Duration.millis(Number(millis))
  const parsed = Headers.parseRetryAfter(headers["retry-after"] ?? "")
  return Result.isSuccess(parsed) ? Headers.retryAfterDelay(parsed.success, vendorNow(headers) ?? now) : undefined
}

/**
 * Says by how many milliseconds the vendor's clock is ahead of ours, from the `Date` header; 0 where it is within a second (the header's own
 * resolution), absent, or from a cache (`Age`).
 *
 * @category decoding
 * @since 0.1.0
 */
export const skew = (answer: Answer): number => {
  const vendor = vendorNow(answer.headers)
  if (vendor === undefined) return 0
  const halfTrip = (answer.receivedAt - answer.sentAt) / 2
  const ahead = vendor - (answer.sentAt + halfTrip)
  return Math.abs(ahead) <= 1000 + halfTrip ? 0 : ahead
}

const vendorNow = (headers: Answer["headers"]): number | undefined => {
  const millis = Date.parse(headers["date"] ?? "")
  return Number.isNaN(millis) || headers["age"] !== undefined ? undefined : millis
}
