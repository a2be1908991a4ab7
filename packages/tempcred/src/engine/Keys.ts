/** Makes the keys of adapters from plain ones. */
import * as KeySource from "@tempcred/core/KeySource"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Key } from "../plain/types.ts"

type Source = Redacted.Redacted | KeySource.KeySource

/** Hides a secret. A value that is no text becomes an empty one, which is refused by the name of its option. */
export const hidden = (key: unknown): Redacted.Redacted => Redacted.make(typeof key === "string" ? key : "")

/** Makes the source of a key. */
export const source = (key: Key): Source => {
  if (typeof key === "function") {
    return KeySource.fromEffect(
      Effect.map(
        Effect.tryPromise(async () => key()),
        (read) => [read].flat().map(hidden)
      )
    )
  }
  if (typeof key === "string" || !Array.isArray(key)) return hidden(key)
  const [newest, ...older] = key.map(hidden)
  return KeySource.fixed([newest ?? hidden(undefined), ...older])
}

/** Makes the sources of the keys of further regions. */
export const regionSources = (keys: Readonly<Record<string, Key>> | undefined): Record<string, Source> | undefined =>
  keys && Object.fromEntries(Object.entries(keys).map(([region, key]) => [region, source(key)]))
