/** What is compared: a way to one cached credential, and to many. */
import type { Vendor } from "./Vendor.ts"

/** Asks for the credential of one scope. */
export type Get = () => Promise<unknown>

/** Asks for the credential of a scope by its subject. */
export type Ask = (subject: string) => Promise<unknown>

export interface Door {
  /** As a command line and a table spell it. */
  readonly name: string
  /** A cache with nothing in it yet. */
  readonly open: (vendor: Vendor) => Get
  /** A cache that holds the credentials of so many scopes: `user-0` and on. */
  readonly hold: (vendor: Vendor, scopes: number) => Promise<Ask>
  /** The same number of credentials in a plain array. */
  readonly bare: (vendor: Vendor, scopes: number) => Promise<ReadonlyArray<unknown>>
}
