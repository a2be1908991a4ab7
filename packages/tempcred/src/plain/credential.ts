/** The credential in the backend. It imports no engine, so that `tempcred/testing` can build one. */
import type { ClientCredential, Connection, Credential, CredentialTerms, Feature, Purpose } from "./types.ts"

/** The fields of a credential, with its token. */
export interface Fields extends CredentialTerms {
  readonly token: string
  readonly issuedAt: Date
  readonly expiresAt: Date
  readonly usableUntil?: Date
}

/** Keeps the token out of everything that prints, copies or serializes an object. */
class PlainCredential implements Credential {
  declare readonly provider: string
  declare readonly purpose: Purpose
  declare readonly issuedAt: Date
  declare readonly expiresAt: Date
  declare readonly usableUntil?: Date
  declare readonly expirySource: CredentialTerms["expirySource"]
  declare readonly uses: "once" | "many"
  declare readonly maxSessionSeconds?: number
  declare readonly sessionLock?: "none" | "given" | "all"
  declare readonly subject?: string
  declare readonly region?: string
  declare readonly relaxed: ReadonlyArray<Feature>
  declare readonly connections: readonly [Connection, ...ReadonlyArray<Connection>]
  declare readonly fingerprint: string
  readonly #fields: Fields

  constructor(fields: Fields) {
    this.#fields = fields
    const { token: _, ...shown } = fields
    Object.assign(this, shown)
  }

  get token(): string {
    return this.#fields.token
  }

  toClient(): ClientCredential {
    const { expiresAt, issuedAt, usableUntil, ...terms } = this.#fields
    return {
      ...terms,
      issuedAt: issuedAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
      ...(usableUntil === undefined ? {} : { usableUntil: usableUntil.toISOString() })
    }
  }

  toJSON(): object {
    return Object.assign({}, this, { token: redacted })
  }

  toString(): string {
    return `Credential(${this.provider}, ${this.fingerprint})`
  }

  /** Prints the credential in `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return this.toJSON()
  }
}

const redacted = "<redacted>"

/** Makes a credential. */
export const makeCredential = (fields: Fields): Credential => new PlainCredential(fields)
