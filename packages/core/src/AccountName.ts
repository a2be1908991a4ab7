/** The account that a layer is built for. */
import * as Context from "effect/Context"

/**
 * The name of the account whose layer is built; `undefined` outside of `Accounts`. It is part of the identity
 * of a vendor account, so that two accounts with the same key share nothing.
 */
export const AccountName: Context.Reference<string | undefined> = Context.Reference<string | undefined>(
  "@tempcred/core/AccountName",
  { defaultValue: () => undefined }
)
