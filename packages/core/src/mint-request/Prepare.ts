/** Decoding of a request by a wrapper of providers. */
import * as Result from "effect/Result"
import { decode } from "../MintRequest.ts"
import type { MintRequest } from "./Fields.ts"

/**
 * Decodes a request for the providers below. A request that cannot be decoded is returned as it is,
 * and the provider that mints refuses it.
 */
export const prepare = (request: MintRequest): MintRequest => Result.getOrElse(decode(request), () => request)
