/**
 * A vendor's HTTP API as typed calls: sends through the transport under the retry policy, decodes what came, and turns every failure
 * into a reason. What differs from vendor to vendor in how failures are told is its `Dialect`.
 *
 * ```ts
 * import { layerFetch } from "@tempcred/core/Transport"
 * import * as VendorApi from "@tempcred/core/VendorApi"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 * import * as Schema from "effect/Schema"
 *
 * const program = Effect.gen(function* () {
 *   const api = yield* VendorApi.make("acme", {
 *     failure: Schema.Struct({ message: Schema.String }),
 *     read: (failure) => ({ detail: failure.message })
 *   })
 *   const whoami = api.endpoint(Schema.Struct({ name: Schema.String }))
 *   const url = `${process.env["SONIOX_API_BASE_URL"]}/v1/nowhere`
 *   return yield* Effect.flip(whoami({ method: "GET", url, key: Redacted.make("key") }))
 * })
 * const error = await Effect.runPromise(Effect.provide(program, layerFetch))
 * console.log(error.message) // => acme: the request was refused (status 404): Not Found
 * ```
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import type { AnswerTag } from "./vendor-api/AnswerReason.ts"
import { fingerprint } from "./Fingerprint.ts"
import { type KeyRings, makeRings } from "./key-source/KeyRing.ts"
import type { KeySource } from "./KeySource.ts"
import { RateGate } from "./rate-gate/Gates.ts"
import { nothingLeftFor, type Skew, skew } from "./vendor-api/ReplyHeaders.ts"
import { reader } from "./vendor-api/Refusal.ts"
import { makeRun, RetryPolicy } from "./RetryPolicy.ts"
import { holds, scrub } from "./Scrubber.ts"
import { quote } from "./LogText.ts"
import { type Feature, InvalidResponseError, type Issue, TempCredentialError } from "./TempCredentialError.ts"
import { type Answer, type Outgoing, Transport } from "./Transport.ts"

export type { AnswerTag } from "./vendor-api/AnswerReason.ts"
export { join, websocketOf } from "./vendor-api/Url.ts"

/**
 * One call to a vendor as plain data. `undefined` in query, headers or body is left out.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  /** @default "POST" */
  readonly method?: Outgoing["method"]
  readonly url: string
  readonly query?: Readonly<Record<string, string | undefined>>
  /** The long-lived key, or a source of keys: the one in use is chosen as the call is sent. */
  readonly key: Redacted.Redacted | KeySource
  /** @default { name: "authorization", prefix: "Bearer " } */
  readonly keyHeader?: Outgoing["keyHeader"]
  /** Further headers, which hold no secret. */
  readonly headers?: Outgoing["headers"]
  readonly body?: Readonly<Record<string, unknown>>
  /** Whether a good answer is JSON, or plain text, which the response's schema gets as it is. @default "json" */
  readonly answer?: "json" | "text"
  /** Whom the call is for: subjects take turns at the rate gate. It is not sent. */
  readonly subject?: string | undefined
  /** Whether it has effects beyond its answer, so that it is not repeated where it may have had them. @default false */
  readonly hasSideEffects?: boolean | undefined
  /** The largest answer to read, in bytes. @default 65536 */
  readonly maxBytes?: number
}

/**
 * What a vendor's error body says, in the vendor's own words and field names.
 *
 * @category models
 * @since 0.1.0
 */
export interface VendorFailure {
  readonly code?: string | undefined
  readonly detail?: string | undefined
  readonly requestId?: string | undefined
  readonly issues?: ReadonlyArray<Issue> | undefined
  /** What of the request is unsupported, for an `UnsupportedError`. */
  readonly feature?: Feature | undefined
  /** The reason, where it is told by neither code nor status; it wins over both. */
  readonly tag?: AnswerTag | undefined
}

/**
 * Reads what a schema describes, and `undefined` where there is something else, so that one odd field of an error body does not cost
 * the others.
 *
 * @category schemas
 * @since 0.1.0
 */
export const lenient = <A>(schema: Schema.Codec<A, unknown>): Schema.Codec<A | undefined, unknown> => {
  const decode = Schema.decodeUnknownOption(schema)
  return Schema.Unknown.pipe(
    Schema.decodeTo(Schema.UndefinedOr(Schema.toType(schema)), {
      decode: SchemaGetter.transform((value) => Option.getOrUndefined(decode(value))),
      encode: SchemaGetter.passthrough({ strict: false })
    })
  )
}

/**
 * How a vendor tells of failures: the shape of its error bodies, and the codes and statuses that the common table gets wrong.
 *
 * @category models
 * @since 0.1.0
 */
export interface Dialect<Failure> {
  readonly failure: Schema.Codec<Failure, unknown>
  readonly read: (failure: Failure) => VendorFailure
  /** The vendor's codes that stand for a reason; they win over the status. */
  readonly codes?: Readonly<Partial<Record<AnswerTag, ReadonlyArray<string>>>>
  /** Reasons by status, where this vendor uses one in a sense of its own. */
  readonly statuses?: Readonly<Record<number, AnswerTag>>
  /** The portable names of the vendor's request fields. */
  readonly fields?: Readonly<Record<string, string>>
  /** What to do next, added to the vendor's sentence. */
  readonly advice?: Readonly<Partial<Record<AnswerTag, string>>>
}

/**
 * A decoded answer, with the moments around it (epoch milliseconds) and how far the vendor's clock is ahead of ours
 * (milliseconds; none within a second).
 *
 * @category models
 * @since 0.1.0
 */
export interface Received<A> {
  readonly value: A
  readonly sentAt: number
  readonly receivedAt: number
  readonly skew: Skew
  /** Tests whether text holds one of the long-lived keys in any spelling. */
  readonly holdsKey: (text: string) => boolean
}

/**
 * Typed calls to one vendor; `endpoint` compiles a response schema once and gives the function that calls. With `retry: false` a call is
 * made once, whatever the policy: for what would leave something lasting behind if it were repeated after a lost answer.
 *
 * @category models
 * @since 0.1.0
 */
export interface VendorApi {
  /** Reads the keys of options for the first time: what is wrong with them, and a secret that names their account. */
  readonly open: KeyRings["open"]
  readonly endpoint: <A>(
    response: Schema.Codec<A, unknown>,
    options?: { readonly retry: boolean }
  ) => (call: Call) => Effect.Effect<Received<A>, TempCredentialError>
}

/**
 * Makes the API of a vendor from its dialect, with the transport and retry policy at hand.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* <Failure>(
  provider: string,
  dialect: Dialect<Failure>
): Effect.fn.Return<VendorApi, never, Transport> {
  const transport = yield* Transport
  const policy = yield* RetryPolicy
  const retrying = makeRun(policy, provider)
  const once = makeRun({ ...policy, attempts: 1 }, provider)
  const refusal = reader(dialect)
  const rings = yield* makeRings(provider)
  const gates = yield* RateGate
  let gate = yield* gates(provider, Effect.succeed(""))
  return {
    open: (sources) =>
      Effect.tap(rings.open(sources), ({ account }) =>
        Effect.map(gates(provider, fingerprint(account)), (found) => {
          gate = found
        })
      ),
    endpoint: (response, options) => {
      const run = options?.retry === false ? once : retrying
      const decode = Schema.decodeUnknownResult(response)
      const send = Effect.fnUntraced(function* (
        call: Call,
        key: Redacted.Redacted,
        keys: ReadonlyArray<Redacted.Redacted>
      ) {
        const answer = yield* transport.send(outgoing(call, key))
        const spent = nothingLeftFor(answer.headers, answer.receivedAt)
        if (spent !== undefined) yield* gate.hold(spent)
        if (answer.status < 200 || answer.status > 299) {
          return yield* refusal(answer, keys, yield* Clock.currentTimeMillis)
        }
        const value = yield* Effect.fromResult(readable(answer, call.answer ?? "json", decode, keys))
        const holdsKey = (text: string) => holds(text, keys)
        return { value, sentAt: answer.sentAt, receivedAt: answer.receivedAt, skew: skew(answer), holdsKey }
      })
      return (call) =>
        Effect.suspend(() =>
          run(
            rings.of(call.key).use((key, keys) => send(call, key, keys)),
            gate,
            { lane: call.subject ?? "", hasSideEffects: call.hasSideEffects === true }
          )
        ).pipe(Effect.mapError((reason) => new TempCredentialError({ provider, reason })))
    }
  }
})

const outgoing = (call: Call, key: Redacted.Redacted): Outgoing => {
  const url = new URL(call.url)
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, value)
  }
  const { body, headers, keyHeader, maxBytes } = call
  return { method: call.method ?? "POST", url, key, keyHeader, headers, body, maxBytes }
}

const parseJson = Option.liftThrowable((text: string): unknown => JSON.parse(text))

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const readable = <A>(
  answer: Answer,
  form: "json" | "text",
  decode: (input: unknown) => Result.Result<A, Schema.SchemaError>,
  keys: ReadonlyArray<Redacted.Redacted>
): Result.Result<A, InvalidResponseError> => {
  // The path of an issue may hold names that the vendor chose.
  const refuse = (detail: string) =>
    new InvalidResponseError({ status: answer.status, detail: quote(scrub(detail, keys), 300) })
  const content = form === "text" ? Option.some(answer.text) : parseJson(answer.text === "" ? "null" : answer.text)
  return Result.fromOption(content, () => refuse("the body is not JSON")).pipe(
    Result.flatMap((body) =>
      Result.mapError(decode(body), (error) =>
        refuse(
          format(error.issue)
            .issues.map((issue) => `${(issue.path ?? []).map(String).join(".") || "the body"}: ${issue.message}`)
            .join("; ")
        )
      )
    )
  )
}
