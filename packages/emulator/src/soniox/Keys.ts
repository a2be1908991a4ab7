/** Keys: long-lived ones, each of one region, and the temporary ones minted with them. */
import * as Issued from "../Issued.ts"
import { type Failure, keyFailures } from "./Failures.ts"
import type { Permission, Settings } from "./Options.ts"

/** The product of a temporary key. */
export type UsageType = "transcribe_websocket" | "tts_rt"

/** The terms of a temporary key. */
export interface Terms {
  readonly region: string
  readonly usageType: UsageType
  /** Milliseconds since the epoch; open streams continue. */
  readonly expiresAt: number
  readonly clientReferenceId: string | undefined
  readonly singleUse: boolean
  readonly maxSessionMilliseconds: number | undefined
}

/** A minted temporary key. */
export interface IssuedKey extends Terms {
  readonly key: string
  /** The number of streams that it has opened. */
  readonly streams: number
}

/** An accepted key; `temporary` has the terms of a temporary one. */
export interface Grant {
  readonly key: string
  readonly temporary: IssuedKey | undefined
}

/** The keys of one emulator. */
export interface Keys {
  readonly issued: () => ReadonlyArray<IssuedKey>
  readonly issue: (terms: Terms) => IssuedKey
  /** Tells whether this is the region's long-lived key. */
  readonly owns: (key: string, region: string) => boolean
  readonly permits: (key: string, permission: Permission) => boolean
  /** Checks whether a key can open a stream of this product now. */
  readonly verify: (key: string, region: string, usageType: UsageType) => Grant | Failure
  /** Counts a stream of a key; returns a failure if a single-use key is spent. */
  readonly redeem: (grant: Grant) => Failure | undefined
  readonly expireAll: () => void
}

/** Makes the keys of an emulator, with nothing minted. */
export const make = (settings: Settings): Keys => {
  const issued = Issued.make<IssuedKey>(settings.clock)
  const spent = (key: IssuedKey) => key.singleUse && key.streams > 0
  const owns = (key: string, region: string) => settings.apiKeys[region] === key
  return {
    issued: issued.all,
    issue: (terms) => {
      const key = `${settings.keyForm}${randomText(26)}`
      return issued.set(key, { ...terms, key, streams: 0 })
    },
    owns,
    permits: (key, permission) => settings.permissions[key]?.includes(permission) ?? true,
    verify: (key, region, usageType) => {
      if (!/^(snx_temp_|temp:)/.test(key)) {
        return owns(key, region) ? { key, temporary: undefined } : keyFailures.incorrect
      }
      const temporary = issued.find(key)
      if (temporary === undefined || temporary.region !== region || spent(temporary))
        return keyFailures.invalidOrExpired
      return temporary.usageType === usageType ? { key, temporary } : keyFailures.wrongUsage
    },
    redeem: ({ key }) => {
      const temporary = issued.get(key)
      if (temporary === undefined) return undefined
      if (spent(temporary)) return keyFailures.invalidOrExpired
      issued.set(key, { ...temporary, streams: temporary.streams + 1 })
      return undefined
    },
    expireAll: issued.expireAll
  }
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

const randomText = (length: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => alphabet[byte % 32]).join("")
