/**
 * The expiry of a credential by the local clock. It is the expiry that the source states, but at most a
 * minute after the requested expiry.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import type { Resolved } from "../Capabilities.ts"
import * as Jwt from "../Jwt.ts"
import type { TempCredential } from "../TempCredential.ts"
import type { Received } from "../VendorApi.ts"

/**
 * The source of an expiry.
 *
 * - `vendor`: a time or a duration that the vendor states. A duration starts when the last attempt was
 *   sent.
 * - `jwt`: the `exp` of the token, or the requested ttl if there is no usable `exp`.
 * - `request`: the requested ttl. It starts when the last attempt was sent. With `told: "moment"` the
 *   request contained a time instead of a duration, and the ttl starts at the call.
 * - `documented`: the lifetime in the vendor's documentation.
 *
 * An expiry more than a minute past the requested one is replaced by the requested one.
 */
export type Expiry =
  | { readonly source: "vendor"; readonly at: DateTime.Utc }
  | { readonly source: "vendor"; readonly seconds: number }
  | { readonly source: "jwt" }
  | { readonly source: "request"; readonly told?: "length" | "moment" }
  | { readonly source: "documented"; readonly seconds: number }

/** The accepted excess over the requested ttl, because clocks differ and vendors round. */
export const slack: Duration.Duration = Duration.minutes(1)

const slackMillis = Duration.toMillis(slack)

/**
 * The expiry of a credential in epoch milliseconds by the local clock. `notBelieved` is a stated
 * expiry that was too late and is not used.
 */
export interface Ends {
  readonly source: TempCredential["expirySource"]
  readonly at: number
  readonly usableUntil: number | undefined
  readonly notBelieved?: number | undefined
}

/**
 * Determines the expiry of a credential. `longestSeconds` is the maximum lifetime; `now` is the
 * time of the call in epoch milliseconds.
 */
export const ends = (
  { expiry, token }: { readonly expiry: Expiry; readonly token: Redacted.Redacted },
  request: Resolved,
  longestSeconds: number,
  { receivedAt, sentAt, skew }: Pick<Received<unknown>, "receivedAt" | "sentAt" | "skew">,
  now: number
): Ends => {
  const after = (seconds: number) => sentAt + seconds * 1000
  // The vendor's clock is known only roughly: the `Date` header has whole seconds, and the response took time.
  // Of the possible times, the one nearest to the requested time is used.
  const byVendor = (at: number, near: number) => Math.min(at - skew.least, Math.max(at - skew.most, near))
  /** Computes the end of a requested duration. A requested time counts from the call, for all attempts. */
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
  /** Lists the readings of a stated time: first by the vendor's clock, then by the local clock. */
  const moment = (at: number) => [byVendor(at, asked), at]
  switch (expiry.source) {
    case "vendor":
      return from("vendor", "at" in expiry ? moment(DateTime.toEpochMillis(expiry.at)) : [after(expiry.seconds)])
    case "jwt": {
      const read = from("jwt", moment(Jwt.expiresAt(token) ?? 0))
      // The token may have no expiry, or one in the past.
      return read.at > receivedAt ? read : { source: "request", at: asked, usableUntil }
    }
    case "request":
      return { source: "request", at: asked, usableUntil }
    case "documented":
      return from("documented", [after(expiry.seconds)])
  }
}
