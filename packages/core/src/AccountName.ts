/** The account whose layer is being built. */
import * as Context from "effect/Context"

/**
 * The name of the account whose layer is being built; `undefined` without `Accounts`. The name is part of
 * `TempCredentialProvider.account`, so that two accounts with the same key share nothing.
 */
export const AccountName: Context.Reference<string | undefined> = Context.Reference<string | undefined>(
  "@tempcred/core/AccountName",
  { defaultValue: () => undefined }
)
