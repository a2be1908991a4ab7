/** The compared interface: gets of one cached credential, and of many. */
import type { Vendor } from "./Vendor.ts"

/** Gets the credential of one scope. */
export type Get = () => Promise<unknown>

/** Gets the credential of a subject's scope. */
export type Ask = (subject: string) => Promise<unknown>

export interface Door {
  /** The name on command lines and in tables. */
  readonly name: string
  /** Makes an empty cache. */
  readonly open: (vendor: Vendor) => Get
  /** Makes a cache with the credentials of this number of scopes, from `user-0` on. */
  readonly hold: (vendor: Vendor, scopes: number) => Promise<Ask>
  /** Makes the same number of credentials in a plain array. */
  readonly bare: (vendor: Vendor, scopes: number) => Promise<ReadonlyArray<unknown>>
}
