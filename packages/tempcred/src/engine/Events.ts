/** Gives the engine's events to a plain function. */
import * as Events from "@tempcred/core/Events"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Event } from "../plain/event-types.ts"
import type { VendorMinterOptions } from "../plain/minter-types.ts"

/** Makes the layer of a receiver. */
export const eventsOf = (receive: VendorMinterOptions["onEvent"]): Layer.Layer<never> =>
  receive === undefined ? Layer.empty : Events.layer((event) => Effect.tryPromise(async () => receive(plain(event))))

const plain = (event: Events.Event): Event => {
  const { provider } = event
  switch (event._tag) {
    case "Minted": {
      const { expiresAt, fingerprint, purpose, subject } = event
      const minted = { provider, purpose, fingerprint, expiresAt: DateTime.toDateUtc(expiresAt) }
      return { type: event._tag, ...minted, ...(subject === undefined ? {} : { subject }) }
    }
    case "MintFailed":
    case "RefreshFailed":
    case "SharingDegraded":
      return { type: event._tag, provider, reason: event.reason }
    case "ExpiryNotBelieved":
      return { type: event._tag, provider, purpose: event.purpose, stated: event.stated, kept: event.kept }
    case "KeyRefused":
    case "KeyAccepted":
      return { type: event._tag, provider, fingerprint: event.fingerprint }
    case "KeysReloaded":
      return { type: event._tag, provider, keys: event.keys }
    case "KeysNotReloaded":
      return { type: event._tag, provider, problem: event.problem }
    case "FailedOver":
      return { type: event._tag, provider, to: event.to, reason: event.reason }
    case "GateClosed":
      return { type: event._tag, provider, milliseconds: event.milliseconds }
    case "CircuitOpened":
    case "CircuitClosed":
    case "SharingRestored":
      return { type: event._tag, provider }
  }
}
