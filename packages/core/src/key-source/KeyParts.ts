/**
 * Keys that consist of several named parts, such as an id and a signing secret. The parts of one key
 * rotate together.
 */
import * as Redacted from "effect/Redacted"

/** The parts of a key by name. */
export type Parts = Readonly<Record<string, Redacted.Redacted>>

/** Joins parts into one key. */
export const join = (parts: Readonly<Record<string, Redacted.Redacted | undefined>>): Redacted.Redacted => {
  const entries = Object.entries(parts).flatMap(([name, part]) =>
    part === undefined ? [] : [[name, Redacted.value(part).trim()]]
  )
  return Redacted.make(new URLSearchParams(entries).toString())
}

const known = new WeakMap<Redacted.Redacted, Parts>()

/** Splits a key into its parts. */
export const split = (key: Redacted.Redacted): Parts => {
  const parts =
    known.get(key) ??
    Object.fromEntries(
      Array.from(new URLSearchParams(Redacted.value(key)), ([name, part]) => [name, Redacted.make(part)])
    )
  known.set(key, parts)
  return parts
}

/** The form of a vendor's long-lived keys. */
export interface KeyForm {
  readonly split: (key: Redacted.Redacted) => Parts
  /** Lists the secret parts of a key. Credentials and errors must not contain them. */
  readonly secretsOf: (key: Redacted.Redacted) => ReadonlyArray<Redacted.Redacted>
}

/** The form of keys that consist of one secret. */
export const single: KeyForm = { split: (key) => ({ key }), secretsOf: (key) => [key] }
