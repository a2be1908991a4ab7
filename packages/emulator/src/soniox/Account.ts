/** What everything that one emulator serves has in common, and the one gate that all streams pass. */
import { type Failure, keyFailures } from "./Failures.ts"
import type { Grant, Keys } from "./Keys.ts"
import type { Settings } from "./Options.ts"
import type { Product, Start, Stream, Usage } from "./Usage.ts"

/** An open WebSocket connection, as the account sees it. */
export interface Connection {
  readonly product: Product
  readonly region: string
  /** Its key was found good. */
  readonly admitted: boolean
  /** Says what is wrong with the connection, or with the stream that it is to end for, and closes it. */
  readonly fail: (failure: Failure, streamId?: string) => void
}

/** The state of one emulator. */
export interface Account {
  readonly settings: Settings
  readonly keys: Keys
  readonly usage: Usage
  readonly connections: Set<Connection>
  /** What the next streams to start are answered with, in order. */
  readonly refusals: Array<Failure>
}

/** Starts a stream, unless permission, balance or a limit speaks against it; only one that starts redeems its key. */
export const begin = (account: Account, grant: Grant, start: Start): Stream | Failure => {
  const { keys, refusals, usage } = account
  if (!keys.permits(grant.key, start.product.name)) return keyFailures.noPermission
  const failure = refusals.shift() ?? usage.exceeded(start.product, start.region) ?? keys.redeem(grant)
  if (failure !== undefined) return failure
  // The identifier of a temporary key can't be overridden by who holds the key.
  const { clientReferenceId } = grant.temporary ?? start
  return usage.begin({ ...start, clientReferenceId })
}
