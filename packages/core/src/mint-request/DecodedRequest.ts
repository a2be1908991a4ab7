/** A decoded request, and the values that are computed from it once. */
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
 * A decoded request. It passes for a `MintRequest`, and no provider decodes it again. It does not
 * change when the object that it was decoded from does.
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
  // Requests outlive providers.
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

  /** The text that requests for the same credential share. It contains the subject, so it must stay in the process. */
  get scopeKey(): string | undefined {
    this.#scopeKey ??= ScopeKey.of(this)
    return this.#scopeKey
  }

  /** Checks the request against the capabilities of a vendor, once for each. `region` is the default region. */
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

  /** Fills in a ttl, where the request has none. */
  withTtl(ttl: Duration.Duration): DecodedRequest {
    return this.ttl === undefined ? new DecodedRequest(Object.assign({}, this, { ttl })) : this
  }

  /** Returns the same request for another subject, or for nobody in particular. */
  withSubject(subject: string | undefined): DecodedRequest {
    return this.subject === subject ? this : new DecodedRequest(Object.assign({}, this, { subject }))
  }
}

/** Computes the scope key of a request, at most once if it is decoded. */
export const scopeKey = (request: MintRequest): string | undefined =>
  request instanceof DecodedRequest ? request.scopeKey : ScopeKey.of(request)
