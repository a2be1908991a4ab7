/** The placements of tokens and their proofs: the fixtures of `packages/testing/placements`. */
import type { Placement } from "@tempcred/core/Connection"
import { Placement as PlacementSchema } from "@tempcred/core/Connection"
import { Purpose } from "@tempcred/core/Purpose"
import * as Schema from "effect/Schema"
import { basename } from "node:path"
import type { Arrival } from "./recorder.ts"
import { files, read } from "./workspace.ts"

const Day = Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\d$/))
const Link = Schema.String.check(Schema.isPattern(/^https:\/\/\S+$/))

/** A proof by the vendor's client, in a test that drives it. */
const Sdk = Schema.Struct({ by: Schema.Literal("SDK"), package: Schema.String, version: Schema.String, read: Day })

/** A proof by a page of the vendor, or by a comment in its client. */
const Documents = Schema.Struct({
  by: Schema.Literal("documents"),
  source: Link,
  read: Day,
  /** The part that the source does not state. */
  inferred: Schema.optionalKey(Schema.NonEmptyString)
})

const Proof = Schema.Union([Sdk, Documents])

const Entry = Schema.Struct({
  purpose: Purpose,
  kind: Schema.Literals(["websocket", "http"]),
  /** The path of the URL; empty if the credential itself is the URL. */
  path: Schema.String,
  placement: PlacementSchema,
  proof: Proof
})

export type Entry = typeof Entry.Type

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(Entry)), { onExcessProperty: "error" })

const published = "packages/testing/placements/"

/** The entries of each vendor. */
export const placements: ReadonlyMap<string, ReadonlyArray<Entry>> = new Map(
  files
    .filter((path) => path.startsWith(published))
    .map((path) => [basename(path, ".json"), decode(read(path))] as const)
)

/** Describes an entry in one line. */
export const nameOf = ({ kind, path, placement, purpose }: Omit<Entry, "proof">): string =>
  [purpose, kind, path, placement.in].join(" ")

/** Finds every placement of a token in an arrival. */
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

/** A vendor's client, driven to send a token to an origin. */
export interface Drive {
  /** The proven entries, by `nameOf`. */
  readonly proves: ReadonlyArray<string>
  readonly client: string
  /** Sends the token; the returned function closes what is open. */
  readonly present: (origin: string, token: string) => Promise<(() => unknown) | void>
}

/** Sends a token in a request, and ignores the response. */
export const request = (sent: PromiseLike<unknown>): Promise<void> =>
  Promise.resolve(sent).then(
    () => {},
    () => {}
  )
