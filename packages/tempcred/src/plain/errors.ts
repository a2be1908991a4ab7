/** The errors of the package. They hold no secret, and can be logged as they are. */
import type { ConfigurationIssue, Failure, Feature, Issue, Reason } from "./types.ts"

const mintFailed: unique symbol = Symbol.for("tempcred/TempcredError")
const misconfigured: unique symbol = Symbol.for("tempcred/ConfigurationError")
const closed: unique symbol = Symbol.for("tempcred/ClosedError")

/** Tells whether a value is an instance of a class: for the class itself by its mark, which errors of another copy of this package have too. */
const isInstance = ({ prototype }: { readonly prototype: object }, mark: symbol, value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  (Object.hasOwn(prototype, mark) ? mark in value : Object.prototype.isPrototypeOf.call(prototype, value))

/** Gives a class its mark and its name in stacks. */
const mark = (prototype: Error, name: string, symbol: symbol): void => {
  Object.defineProperty(prototype, "name", { value: name, configurable: true, writable: true })
  Object.defineProperty(prototype, symbol, { value: true })
}

/**
 * A failed mint. `reason` is one of nine; `switch` over it is exhaustive. After failover, `failures` lists every vendor's error, and the other fields are those
 * of the vendor that may succeed soonest.
 */
export class TempcredError extends Error implements Failure {
  declare readonly provider: string
  declare readonly reason: Reason
  /** The HTTP status of the vendor's answer. */
  declare readonly status?: number
  /** The vendor's own code. */
  declare readonly code?: string
  /** The vendor's id of the request, for its support. */
  declare readonly requestId?: string
  /** The wait that the vendor asks for, at most an hour. */
  declare readonly retryAfterSeconds?: number
  /** The refused fields of the request, with `InvalidRequestError`. */
  declare readonly issues?: ReadonlyArray<Issue>
  /** The part of the request that the vendor does not support, with `UnsupportedError`. */
  declare readonly feature?: Feature
  /** Whether a later attempt may succeed. */
  declare readonly isRetryable: boolean
  /** The failures of all vendors, after failover. */
  declare readonly failures?: ReadonlyArray<Failure>

  /** Makes the error of a failure. */
  constructor({ message, ...fields }: Failure & { readonly failures?: ReadonlyArray<Failure> }) {
    super(message)
    Object.assign(this, fields)
  }

  /** Returns all fields, the message among them. */
  toJSON(): object {
    return Object.assign({}, this, { name: this.name, message: this.message })
  }

  static override [Symbol.hasInstance](value: unknown): value is TempcredError {
    return isInstance(this, mintFailed, value)
  }
}
mark(TempcredError.prototype, "TempcredError", mintFailed)

/** A missing or wrong option or environment variable. `issues` names each, with its rule. */
export class ConfigurationError extends Error {
  declare readonly issues: ReadonlyArray<ConfigurationIssue>

  /** Makes the error of issues. */
  constructor(issues: ReadonlyArray<ConfigurationIssue>) {
    super(issues.map(({ message, name }) => `${name} ${message}`).join("; "))
    Object.assign(this, { issues })
  }

  static override [Symbol.hasInstance](value: unknown): value is ConfigurationError {
    return isInstance(this, misconfigured, value)
  }
}
mark(ConfigurationError.prototype, "ConfigurationError", misconfigured)

/** The minter or endpoint is closed. */
export class ClosedError extends Error {
  static override [Symbol.hasInstance](value: unknown): value is ClosedError {
    return isInstance(this, closed, value)
  }
}
mark(ClosedError.prototype, "ClosedError", closed)
