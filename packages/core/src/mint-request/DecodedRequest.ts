/** A decoded request, with cached values that are computed from it. */
import type * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import { inRegion, resolve } from "../Capabilities.ts"
import { isFor } from "../capabilities/Capability.ts"
import type { Capabilities, Resolved } from "../capabilities/Capability.ts"
import type { Purpose } from "../Purpose.ts"
import * as ScopeKey from "../ScopeKey.ts"
import type { InvalidRequestError, UnsupportedError } from "../TempCredentialError.ts"
import type { Decoded, MintRequest, SessionBinding } from "./Fields.ts"

type Resolution<P extends Purpose> = Result.Result<Resolved<P>, InvalidRequestError | UnsupportedError>

/**
 * A decoded request. It can be passed as a `MintRequest`, and is not decoded again. Later changes to the
 * original object do not affect it.
 */
export class DecodedRequest implements Decoded {
  readonly purpose: Purpose
  readonly ttl: Duration.Duration | undefined
  readonly subject: string | undefined
  readonly singleUse: boolean | "preferred" | undefined
  readonly maxSession: Duration.Duration | undefined
  readonly usableFor: Duration.Duration | undefined
  readonly session: SessionBinding | undefined
  readonly region: string | undefined
  readonly exposure: "client" | "server" | undefined
  readonly onUnsupported: "reject" | "relax" | undefined
  // The map is weak, because requests can outlive providers.
  readonly #resolutions = new WeakMap<Capabilities, Resolution<Purpose>>()
  #scopeKey: string | undefined

  constructor(fields: Decoded) {
    this.purpose = fields.purpose
    this.ttl = fields.ttl
    this.subject = fields.subject
    this.singleUse = fields.singleUse
    this.maxSession = fields.maxSession
    this.usableFor = fields.usableFor
    this.session = fields.session === undefined ? undefined : structuredClone(fields.session)
    this.region = fields.region
    this.exposure = fields.exposure
    this.onUnsupported = fields.onUnsupported
  }

  /** The scope as text. It contains the subject in plain text, so it must not leave the process. */
  get scopeKey(): string | undefined {
    this.#scopeKey ??= ScopeKey.of(this)
    return this.#scopeKey
  }

  /** Checks the request against a vendor's capabilities, and caches the result. `region` is the default region. */
  resolve<P extends Purpose>(capabilities: Capabilities<P>, region?: string): Resolution<P> {
    const known = this.#resolutions.get(capabilities)
    if (known !== undefined && Result.isSuccess(known) && isFor(capabilities, known.success)) {
      return inRegion(capabilities, known.success, region)
    }
    if (known !== undefined && Result.isFailure(known)) return Result.fail(known.failure)
    const made = resolve(capabilities, this)
    this.#resolutions.set(capabilities, made)
    return Result.flatMap(made, (resolved) => inRegion(capabilities, resolved, region))
  }

  /** Returns a request with this ttl, or the same request if it has a ttl. */
  withTtl(ttl: Duration.Duration): DecodedRequest {
    return this.ttl === undefined ? new DecodedRequest(Object.assign({}, this, { ttl })) : this
  }

  /** Returns the request with another subject, or without a subject. */
  withSubject(subject: string | undefined): DecodedRequest {
    return this.subject === subject ? this : new DecodedRequest(Object.assign({}, this, { subject }))
  }
}

/** Returns the scope key of a request. A decoded request caches it. */
export const scopeKey = (request: MintRequest): string | undefined =>
  request instanceof DecodedRequest ? request.scopeKey : ScopeKey.of(request)
