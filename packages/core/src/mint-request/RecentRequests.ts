/**
 * A cache of decoded requests, without their subjects. Apps repeat the same few requests, and decoding
 * is one of the largest costs of a mint.
 */
import * as Predicate from "effect/Predicate"
import type { DecodedRequest } from "./DecodedRequest.ts"
import { isName } from "./Fields.ts"

/** The maximum number of cached requests. */
const most = 256

const recent = new Map<string, DecodedRequest>()

/**
 * Returns the cache key of a request, which does not contain the subject. Returns `undefined` for
 * requests that are not cached: those with an unknown field, an invalid subject, or a value other than
 * text, true or false.
 */
export const keyOf = (request: unknown, isField: (name: string) => boolean): string | undefined => {
  if (!Predicate.isObject(request) || Object.getPrototypeOf(request) !== Object.prototype) return undefined
  let key = ""
  for (const name of Reflect.ownKeys(request)) {
    if (typeof name !== "string" || !isField(name)) return undefined
    const value: unknown = request[name]
    if (value === undefined) continue
    if (name === "subject") {
      if (!isName(value)) return undefined
    } else if (typeof value === "string") key += `${name}:${value.length}:${value};`
    else if (typeof value === "boolean") key += `${name}:${value};`
    else return undefined
  }
  return key
}

/** Finds a cached request. It has no subject. */
export const find = (key: string): DecodedRequest | undefined => recent.get(key)

/** Caches a decoded request without its subject. Replaces the oldest one if the cache is full. */
export const keep = (key: string, decoded: DecodedRequest): void => {
  const [oldest] = recent.keys()
  if (recent.size >= most && oldest !== undefined) recent.delete(oldest)
  recent.set(key, decoded.withSubject(undefined))
}
