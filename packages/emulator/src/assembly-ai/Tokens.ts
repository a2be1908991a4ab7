/**
 * Temporary tokens: each opens one session of one product before it expires. The vendor does not document their format;
 * here it is random text.
 */
import * as Base64 from "../Base64.ts"
import * as Issued from "../Issued.ts"
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
  const issued = Issued.make<IssuedToken>(clock)
  return {
    issue: (terms) => {
      const token = Base64.random(96)
      return issued.set(token, { ...terms, token, spent: false })
    },
    find: (token, product, region) => {
      const found = issued.find(token ?? "")
      if (found === undefined || found.spent) return undefined
      return found.product === product && (found.region === region || !strictZones) ? found : undefined
    },
    spend: (token) => {
      if (token !== undefined) issued.set(token.token, { ...token, spent: true })
    },
    issued: issued.all,
    expireAll: issued.expireAll
  }
}
