/** The shared state of one emulator, and the admission of streams. */
import { type Failure, keyFailures } from "./Failures.ts"
import type { Grant, Keys } from "./Keys.ts"
import type { Settings } from "./Options.ts"
import type { Product, Start, Stream, Usage } from "./Usage.ts"

/** An open WebSocket. */
export interface Connection {
  readonly product: Product
  readonly region: string
  /** True once its key was accepted. */
  readonly admitted: boolean
  /** Sends a failure of the connection or of one of its streams, and closes the connection. */
  readonly fail: (failure: Failure, streamId?: string) => void
}

/** The state of one emulator. */
export interface Account {
  readonly settings: Settings
  readonly keys: Keys
  readonly usage: Usage
  readonly connections: Set<Connection>
  /** The refusals of the next streams, in order. */
  readonly refusals: Array<Failure>
}

/** Starts a stream, unless permission, balance or a limit forbids it. A refused stream does not spend its key. */
export const begin = (account: Account, grant: Grant, start: Start): Stream | Failure => {
  const { keys, refusals, usage } = account
  if (!keys.permits(grant.key, start.product.name)) return keyFailures.noPermission
  const failure = refusals.shift() ?? usage.exceeded(start.product, start.region) ?? keys.redeem(grant)
  if (failure !== undefined) return failure
  // The holder of a temporary key cannot override its identifier.
  const { clientReferenceId } = grant.temporary ?? start
  return usage.begin({ ...start, clientReferenceId })
}
