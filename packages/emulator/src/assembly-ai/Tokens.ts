/**
 * Temporary tokens: each opens one session of one product before it expires. The vendor does not document their format;
 * here it is random text.
 */
import * as Base64 from "../Base64.ts"
import type { Settings } from "./Options.ts"

/** A product that a token opens. */
export type Product = "streaming" | "agent"

/** The terms of a token. */
export interface Terms {
  readonly product: Product
  /** The zone of the minting host. */
  readonly region: string
  /** Milliseconds since the epoch; open sessions continue. */
  readonly expiresAt: number
  readonly maxSessionSeconds: number
}

/** A temporary token that was minted. */
export interface IssuedToken extends Terms {
  readonly token: string
  /** True once the token has opened its session. */
  readonly spent: boolean
}

/** The tokens of one emulator. */
export interface Tokens {
  readonly issue: (terms: Terms) => IssuedToken
  /** Finds a token that can open a session now. */
  readonly find: (token: string | null, product: Product, region: string) => IssuedToken | undefined
  /** Marks a token as spent. */
  readonly spend: (token: IssuedToken | undefined) => void
  readonly issued: () => ReadonlyArray<IssuedToken>
  readonly expireAll: () => void
}

/** Makes an empty store. */
export const make = ({ clock, strictZones }: Settings): Tokens => {
  const issued = new Map<string, IssuedToken>()
  return {
    issue: (terms) => {
      const token = { ...terms, token: Base64.random(96), spent: false }
      issued.set(token.token, token)
      return token
    },
    find: (token, product, region) => {
      const found = issued.get(token ?? "")
      if (found === undefined || found.spent || clock.now() >= found.expiresAt) return undefined
      return found.product === product && (found.region === region || !strictZones) ? found : undefined
    },
    spend: (token) => {
      if (token !== undefined) issued.set(token.token, { ...token, spent: true })
    },
    issued: () => [...issued.values()],
    expireAll: () => {
      for (const [key, token] of issued) issued.set(key, { ...token, expiresAt: clock.now() })
    }
  }
}
