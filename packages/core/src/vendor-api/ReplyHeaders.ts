/**
 * What a vendor's response headers say about time: how long to wait, and how far its clock is from ours.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type { Answer } from "../Transport.ts"

/**
 * Reads `retry-after-ms`, or `Retry-After` as seconds or as an HTTP date, or else when there is something left again; `undefined` where there is
 * none that can be read.
 *
 * @category decoding
 * @since 0.1.0
 */
export const retryAfter = (headers: Answer["headers"], now: number): Duration.Duration | undefined => {
  const millis = headers["retry-after-ms"]
  if (millis !== undefined && /^\d{1,9}$/.test(millis.trim())) return Duration.millis(Number(millis))
  const told = headers["retry-after"]?.trim() ?? ""
  if (/^\d{1,9}$/.test(told)) return Duration.seconds(Number(told))
  // Any other number would be read as a year.
  const at = /[a-z]/i.test(told) ? Date.parse(told) : Number.NaN
  return Number.isNaN(at)
    ? nothingLeftFor(headers, now)
    : Duration.millis(Math.max(0, at - (vendorNow(headers) ?? now)))
}

/**
 * Reads for how long no call is left, from `RateLimit` or `RateLimit-Remaining` and `RateLimit-Reset`, also with `X-` before them; `undefined` where
 * some are left, or nothing is said.
 *
 * @category decoding
 * @since 0.1.0
 */
export const nothingLeftFor = (headers: Answer["headers"], now: number): Duration.Duration | undefined => {
  const said = (name: string) => headers[`ratelimit-${name}`] ?? headers[`x-ratelimit-${name}`]
  const remaining = /;\s*r=(\d+)/.exec(headers["ratelimit"] ?? "")?.[1] ?? said("remaining")
  const reset = Number(/;\s*t=(\d+)/.exec(headers["ratelimit"] ?? "")?.[1] ?? said("reset"))
  if (remaining?.trim() !== "0" || !(reset > 0)) return undefined
  if (reset < 1e9) return Duration.seconds(reset)
  // Some vendors say when, in epoch seconds or milliseconds, and not after how many seconds.
  const at = reset < 1e11 ? reset * 1000 : reset
  return Duration.millis(Math.max(0, at - (vendorNow(headers) ?? now)))
}

/**
 * How far the vendor's clock is ahead of ours, in milliseconds: at least and at most this much.
 *
 * @category models
 * @since 0.1.0
 */
export interface Skew {
  readonly least: number
  readonly most: number
}

/**
 * Reads the skew from the `Date` header, which is cut to seconds; none where it may be within a second, or where the header is absent or
 * from a cache (`Age`).
 *
 * @category decoding
 * @since 0.1.0
 */
export const skew = (answer: Answer): Skew => {
  const vendor = vendorNow(answer.headers)
  if (vendor === undefined) return { least: 0, most: 0 }
  const least = vendor - answer.receivedAt
  const most = vendor + 999 - answer.sentAt
  return least <= 1000 && most >= -1000 ? { least: 0, most: 0 } : { least, most }
}

const vendorNow = (headers: Answer["headers"]): number | undefined => {
  const millis = Date.parse(headers["date"] ?? "")
  return Number.isNaN(millis) || headers["age"] !== undefined ? undefined : millis
}
