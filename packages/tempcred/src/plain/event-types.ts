/** The events of a minter, in plain TypeScript. */
import type { Purpose, Reason } from "./types.ts"

/** Something that happened, without a secret or a subject. `fingerprint` names a credential or a key. */
export type Event =
  | {
      readonly type: "Minted"
      readonly provider: string
      readonly purpose: Purpose
      /** A hash of the subject. */
      readonly subject?: string
      readonly expiresAt: Date
      readonly fingerprint: string
    }
  | {
      readonly type: "MintFailed" | "RefreshFailed" | "SharingDegraded"
      readonly provider: string
      readonly reason: string
    }
  | {
      readonly type: "ExpiryNotBelieved"
      readonly provider: string
      readonly purpose: Purpose
      /** The lifetime that the vendor stated, in seconds. */
      readonly stated: number
      /** The lifetime that is used, in seconds. */
      readonly kept: number
    }
  | { readonly type: "KeyRefused" | "KeyAccepted"; readonly provider: string; readonly fingerprint: string }
  | { readonly type: "KeysReloaded"; readonly provider: string; readonly keys: number }
  | { readonly type: "KeysNotReloaded"; readonly provider: string; readonly problem: string }
  | { readonly type: "FailedOver"; readonly provider: string; readonly to: string; readonly reason: Reason }
  | { readonly type: "CircuitOpened" | "CircuitClosed" | "SharingRestored"; readonly provider: string }
  | { readonly type: "GateClosed"; readonly provider: string; readonly milliseconds: number }
