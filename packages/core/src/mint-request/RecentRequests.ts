/**
 * Requests that were decoded lately. Apps write the same few requests again and again, and decoding
 * is among the largest costs of a mint. The subject is not part of what is kept.
 */
import * as Predicate from "effect/Predicate"
import type { DecodedRequest } from "./DecodedRequest.ts"
import { isName } from "./Fields.ts"

/** The maximum number of requests that are kept. */
const most = 256

const recent = new Map<string, DecodedRequest>()

/**
 * Returns the text that equal requests share, whatever their subject. `undefined` for a request that
 * is always decoded: one with an unknown field, with an invalid subject, or with a value other than
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

/** Finds a decoded request, without its subject. */
export const find = (key: string): DecodedRequest | undefined => recent.get(key)

/** Keeps a decoded request in place of the oldest one. */
export const keep = (key: string, decoded: DecodedRequest): void => {
  const [oldest] = recent.keys()
  if (recent.size >= most && oldest !== undefined) recent.delete(oldest)
  recent.set(key, decoded.withSubject(undefined))
}
