/** When a credential ends by our clock: as its source says, where that is no later than what was asked for plus a minute. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import type { Resolved } from "../Capabilities.ts"
import * as Jwt from "../Jwt.ts"
import type { TempCredential } from "../TempCredential.ts"
import type { Received } from "../VendorApi.ts"

/**
 * How the end of a credential is known: the vendor stated a moment, or a length that counts from before the request was sent; the token is a
 * JWT whose `exp` says it (or else its ttl does); the request's ttl alone says it, from when the last try was sent, or from when the call was written where
 * the vendor was told a moment and no length; or the vendor's documents do. An end more than a minute past the ttl that was asked for is not believed: the
 * credential then ends as the request asked.
 */
export type Expiry =
  | { readonly source: "vendor"; readonly at: DateTime.Utc }
  | { readonly source: "vendor"; readonly seconds: number }
  | { readonly source: "jwt" }
  | { readonly source: "request"; readonly told?: "length" | "moment" }
  | { readonly source: "documented"; readonly seconds: number }

/** How much longer than asked a stated life may be: clocks differ, and vendors round. */
export const slack: Duration.Duration = Duration.minutes(1)

const slackMillis = Duration.toMillis(slack)

/** The ends of a credential in epoch milliseconds by our clock. `notBelieved` is the end that its source stated, where that was too late to be believed. */
export interface Ends {
  readonly source: TempCredential["expirySource"]
  readonly at: number
  readonly usableUntil: number | undefined
  readonly notBelieved?: number | undefined
}

/** Fixes when a credential ends. `longestSeconds` is the longest life that it may have; `now` is when the call was written, in epoch milliseconds. */
export const ends = (
  { expiry, token }: { readonly expiry: Expiry; readonly token: Redacted.Redacted },
  request: Resolved,
  longestSeconds: number,
  { receivedAt, sentAt, skew }: Pick<Received<unknown>, "receivedAt" | "sentAt" | "skew">,
  now: number
): Ends => {
  const after = (seconds: number) => sentAt + seconds * 1000
  // The vendor's clock is uncertain by the header's resolution and the trip; within that, the end that was asked for is nearest.
  const byVendor = (at: number, near: number) => Math.min(at - skew.least, Math.max(at - skew.most, near))
  /** A moment was written once, however often the call was sent, and by our clock. */
  const requested = (seconds: number) => {
    if (expiry.source !== "request" || expiry.told !== "moment") return after(seconds)
    const moment = now + seconds * 1000
    const corrected = byVendor(moment, moment)
    return corrected > moment + slackMillis ? moment : corrected
  }
  const asked = requested(Math.min(request.ttlSeconds, longestSeconds))
  const latest = after(longestSeconds) + slackMillis
  const usableUntil = request.usableForSeconds === undefined ? undefined : requested(request.usableForSeconds)
  const from = (source: TempCredential["expirySource"], readings: ReadonlyArray<number>): Ends => {
    const at = readings.find((reading) => reading > receivedAt && reading <= latest)
    if (at !== undefined) return { source, at, usableUntil }
    const notBelieved = readings.find((reading) => reading > latest)
    return notBelieved === undefined
      ? { source, at: readings[0] ?? Number.NaN, usableUntil }
      : { source: "request", at: asked, usableUntil, notBelieved }
  }
  /** By the vendor's clock, and by ours where its `Date` makes no sense of the moment. */
  const moment = (at: number) => [byVendor(at, asked), at]
  switch (expiry.source) {
    case "vendor":
      return from("vendor", "at" in expiry ? moment(DateTime.toEpochMillis(expiry.at)) : [after(expiry.seconds)])
    case "jwt": {
      const read = from("jwt", moment(Jwt.expiresAt(token) ?? 0))
      // A hint from inside the token, which need not be right.
      return read.at > receivedAt ? read : { source: "request", at: asked, usableUntil }
    }
    case "request":
      return { source: "request", at: asked, usableUntil }
    case "documented":
      return from("documented", [after(expiry.seconds)])
  }
}
