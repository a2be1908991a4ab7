/**
 * Help for the tests of an app: a minter that calls no vendor, and a credential to build.
 *
 * ```ts
 * import { TempcredError } from "tempcred"
 * import { fakeMinter } from "tempcred/testing"
 *
 * const minter = fakeMinter()
 * const credential = await minter.mint({ purpose: "stt.realtime", subject: "ana" })
 * console.log(credential.token, minter.requests[0]?.subject) // => fake-token-1 ana
 *
 * const failing = fakeMinter(() => {
 *   throw new TempcredError({ provider: "soniox", reason: "RateLimitError", message: "too many requests", isRetryable: true })
 * })
 * const error = await failing.mint({ purpose: "stt.realtime" }).catch((cause: unknown) => cause)
 * console.log(error instanceof TempcredError && error.reason) // => RateLimitError
 * ```
 *
 * @since 0.1.0
 */

import { ClosedError } from "./plain/errors.ts"
import { type Fields, makeCredential } from "./plain/credential.ts"
import type { Minter } from "./plain/minter-types.ts"
import type { Connection, Credential, MintRequest } from "./plain/types.ts"

/**
 * The fields of a credential that a test builds; each has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface CredentialFields extends Partial<Omit<Credential, "toClient" | "toJSON">> {}

const connection: Connection = {
  kind: "websocket",
  url: "wss://vendor.example/listen",
  where: "anywhere",
  placement: { in: "subprotocols", protocols: ["token", "{token}"] }
}

/**
 * Builds a credential: by default of Soniox, for `stt.realtime`, issued now and valid for a minute.
 *
 * @category constructors
 * @since 0.1.0
 */
export const buildCredential: (fields?: CredentialFields) => Credential = (fields = {}) => {
  const issuedAt = fields.issuedAt ?? new Date()
  const defaults: Fields = {
    provider: "soniox",
    purpose: "stt.realtime",
    token: "fake-token",
    issuedAt,
    expiresAt: new Date(issuedAt.getTime() + 60_000),
    expirySource: "vendor",
    uses: "many",
    relaxed: [],
    connections: [connection],
    fingerprint: "0123456789abcdef"
  }
  return makeCredential({ ...defaults, ...fields })
}

/**
 * A minter that calls no vendor.
 *
 * @category models
 * @since 0.1.0
 */
export interface FakeMinter extends Minter {
  /** The requests that it got, oldest first. */
  readonly requests: ReadonlyArray<MintRequest>
  /** The credentials that were invalidated. */
  readonly invalidated: ReadonlyArray<Credential>
}

/**
 * The answer of a fake minter: the fields of the next credential, or a whole credential.
 *
 * @category models
 * @since 0.1.0
 */
export type Answer = CredentialFields | Credential

const isCredential = (answer: Answer): answer is Credential => "toClient" in answer

/**
 * Makes a minter that calls no vendor. `answer` returns the fields of the next credential or a credential, also as a promise, or throws what `mint` shall reject with. By default, each credential
 * has the purpose and subject of its request, and a token of its own.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fakeMinter: (answer?: (request: MintRequest) => Answer | Promise<Answer>) => FakeMinter = (
  answer = () => ({})
) => {
  const requests: Array<MintRequest> = []
  const invalidated: Array<Credential> = []
  let isClosed = false
  const close = async () => {
    isClosed = true
  }
  const check = () => {
    if (isClosed) throw new ClosedError("this minter is closed: make a new one")
  }
  return {
    requests,
    invalidated,
    mint: async (request, { signal } = {}) => {
      signal?.throwIfAborted()
      check()
      requests.push(request)
      const { purpose, singleUse, subject } = request
      const answered = await answer(request)
      if (isCredential(answered)) return answered
      return buildCredential({
        purpose,
        uses: singleUse === undefined || singleUse === false ? "many" : "once",
        ...(subject === undefined ? {} : { subject }),
        token: `fake-token-${requests.length}`,
        ...answered
      })
    },
    invalidate: async (credential) => {
      check()
      invalidated.push(credential)
    },
    forget: async () => check(),
    ready: async () => check(),
    close,
    [Symbol.asyncDispose]: close
  }
}
