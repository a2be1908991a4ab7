/** Decoding of requests for wrappers, such as cache and pool. */
import * as Result from "effect/Result"
import { decode } from "../MintRequest.ts"
import type { MintRequest } from "./Fields.ts"

/**
 * Decodes a request for the providers below. Returns an invalid request unchanged; the provider that
 * mints then fails with the error.
 */
export const prepare = (request: MintRequest): MintRequest => Result.getOrElse(decode(request), () => request)
