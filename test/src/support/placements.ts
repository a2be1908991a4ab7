/** Where tokens travel, and what proves it: the fixtures of `packages/testing/placements`. */
import type { Placement } from "@tempcred/core/Connection"
import { Placement as PlacementSchema } from "@tempcred/core/Connection"
import { Purpose } from "@tempcred/core/Purpose"
import * as Schema from "effect/Schema"
import { basename } from "node:path"
import type { Arrival } from "./recorder.ts"
import { files, read } from "./workspace.ts"

const Day = Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\d$/))
const Link = Schema.String.check(Schema.isPattern(/^https:\/\/\S+$/))

/** The vendor's client sends the token so, in a test that drives it. */
const Sdk = Schema.Struct({ by: Schema.Literal("SDK"), package: Schema.String, version: Schema.String, read: Day })

/** A page of the vendor, or a comment in its client, says so. */
const Documents = Schema.Struct({
  by: Schema.Literal("documents"),
  source: Link,
  read: Day,
  /** What of it the source does not say. */
  inferred: Schema.optionalKey(Schema.NonEmptyString)
})

const Proof = Schema.Union([Sdk, Documents])

const Entry = Schema.Struct({
  purpose: Purpose,
  kind: Schema.Literals(["websocket", "http"]),
  /** The path of the vendor's address; a URL that is the credential as a whole has none. */
  path: Schema.String,
  placement: PlacementSchema,
  proof: Proof
})

export type Entry = typeof Entry.Type

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(Entry)), { onExcessProperty: "error" })

const published = "packages/testing/placements/"

/** The entries by vendor. */
export const placements: ReadonlyMap<string, ReadonlyArray<Entry>> = new Map(
  files
    .filter((path) => path.startsWith(published))
    .map((path) => [basename(path, ".json"), decode(read(path))] as const)
)

/** What an entry is about, in one line. */
export const nameOf = ({ kind, path, placement, purpose }: Omit<Entry, "proof">): string =>
  [purpose, kind, path, placement.in].join(" ")

/** Every place where an arrival holds the token. */
export const placesOf = ({ headers, protocols, query, text }: Arrival, token: string): ReadonlyArray<Placement> => {
  const put = (value: string) => value.replace(token, "{token}")
  const holds = (value: unknown): value is string => typeof value === "string" && value.includes(token)
  const named = (values: Readonly<Record<string, unknown>>) =>
    Object.entries(values).flatMap(([name, value]) => (holds(value) ? [{ name, value: put(value) }] : []))
  const message: Readonly<Record<string, unknown>> = text.startsWith("{") ? JSON.parse(text) : {}
  return [
    ...named(headers).map((one) => ({ in: "header", ...one }) as const),
    ...named(query).map((one) => ({ in: "query", ...one }) as const),
    ...(protocols.some(holds) ? [{ in: "subprotocols", protocols: protocols.map(put) } as const] : []),
    ...named(message).map(({ name, value }) => ({ in: "message", field: name, value }) as const)
  ]
}

/** One vendor's client, driven to present a token to whoever listens at an origin. */
export interface Drive {
  /** The entries that it proves, by `nameOf`. */
  readonly proves: ReadonlyArray<string>
  readonly client: string
  /** Presents the token; what is left open is closed by what it gives back. */
  readonly present: (origin: string, token: string) => Promise<(() => unknown) | void>
}

/** Presents a token in a request whose answer does not matter. */
export const request = (sent: PromiseLike<unknown>): Promise<void> =>
  Promise.resolve(sent).then(
    () => {},
    () => {}
  )
