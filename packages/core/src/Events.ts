/**
 * Events for operators and audit logs: each mint, and each deviation from normal operation. No
 * event contains a secret or a subject in plain text. Fingerprints identify credentials, keys and
 * subjects.
 *
 * ```ts
 * import * as Events from "@tempcred/core/Events"
 * import * as Effect from "effect/Effect"
 *
 * const seen: Array<string> = []
 * const program = Events.publish({ _tag: "SharingDegraded", provider: "soniox", reason: "no answer from Redis" }).pipe(
 *   Effect.provide(Events.layer((event) => Effect.sync(() => seen.push(event._tag))))
 * )
 * await Effect.runPromise(program)
 * console.log(seen.join()) // => SharingDegraded
 * ```
 *
 * @since 0.1.0
 */

import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { nobody } from "./events/Nobody.ts"
import type { Purpose } from "./Purpose.ts"
import type { Reason } from "./TempCredentialError.ts"

/**
 * An event. `fingerprint` identifies a credential or a key without revealing it.
 *
 * @category models
 * @since 0.1.0
 */
export type Event =
  | {
      readonly _tag: "Minted"
      readonly provider: string
      readonly purpose: Purpose
      readonly subject: string | undefined
      readonly expiresAt: DateTime.Utc
      readonly fingerprint: string
    }
  | {
      readonly _tag: "MintFailed"
      readonly provider: string
      /** The tag of the reason, `"interrupted"` or `"defect"`. */
      readonly reason: string
    }
  | {
      readonly _tag: "RefreshFailed"
      readonly provider: string
      /** The tag of the reason, `"interrupted"`, or `"defect"` if the provider threw. */
      readonly reason: Reason["_tag"] | "defect" | "interrupted"
    }
  | {
      /**
       * The vendor stated an expiry more than a minute later than requested. `stated` is the stated
       * lifetime in seconds, and `kept` is the lifetime that is used instead.
       */
      readonly _tag: "ExpiryNotBelieved"
      readonly provider: string
      readonly purpose: Purpose
      readonly stated: number
      readonly kept: number
    }
  | { readonly _tag: "KeyRefused"; readonly provider: string; readonly fingerprint: string }
  | { readonly _tag: "KeyAccepted"; readonly provider: string; readonly fingerprint: string }
  | { readonly _tag: "KeysReloaded"; readonly provider: string; readonly keys: number }
  | { readonly _tag: "KeysNotReloaded"; readonly provider: string; readonly problem: string }
  | {
      readonly _tag: "FailedOver"
      readonly provider: string
      readonly to: string
      readonly reason: Reason["_tag"]
    }
  | { readonly _tag: "CircuitOpened"; readonly provider: string }
  | { readonly _tag: "CircuitClosed"; readonly provider: string }
  | { readonly _tag: "GateClosed"; readonly provider: string; readonly milliseconds: number }
  | { readonly _tag: "SharingDegraded"; readonly provider: string; readonly reason: string }
  | { readonly _tag: "SharingRestored"; readonly provider: string }

/**
 * The receiver of events. The default discards them.
 *
 * @category services
 * @since 0.1.0
 */
export const Events: Context.Reference<(event: Event) => Effect.Effect<void>> = Context.Reference<
  (event: Event) => Effect.Effect<void>
>("@tempcred/core/Events", { defaultValue: () => nobody })

/** The time limit of a receiver. */
const patience = "1 second"

/**
 * Sends the events of the providers below it to `receive`. A receiver that throws, fails or takes
 * longer than a second misses the event; the mint is not affected.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (receive: (event: Event) => Effect.Effect<unknown, unknown>): Layer.Layer<never> =>
  Layer.succeed(Events, (event) =>
    Effect.suspend(() => receive(event)).pipe(
      Effect.timeoutOption(patience),
      Effect.catchCause(() => Effect.void),
      Effect.asVoid
    )
  )

/**
 * Publishes an event to the current receiver.
 *
 * @category combinators
 * @since 0.1.0
 */
export const publish = (event: Event): Effect.Effect<void> => Effect.flatMap(Events, (receive) => receive(event))
