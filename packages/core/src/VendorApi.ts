/**
 * Typed calls to a vendor's HTTP API: sends with the transport and the retry policy, decodes the
 * response, and converts each failure into a reason. A `Dialect` describes how the vendor reports
 * failures.
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
 * A call to a vendor. Values that are `undefined` in query, headers or body are left out.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  /** @default "POST" */
  readonly method?: Outgoing["method"]
  readonly url: string
  readonly query?: Readonly<Record<string, string | undefined>>
  /** The long-lived key, or a source of keys, from which the current one is chosen when the call is sent. */
  readonly key: Redacted.Redacted | KeySource
  /** @default { name: "authorization", prefix: "Bearer " } */
  readonly keyHeader?: Outgoing["keyHeader"]
  /** Further headers, without secrets. */
  readonly headers?: Outgoing["headers"]
  readonly body?: Readonly<Record<string, unknown>>
  /**
   * The format of a successful response: JSON, or text that the response schema gets unchanged.
   *
   * @default "json"
   */
  readonly answer?: "json" | "text"
  /** The subject of the call, which is not sent: subjects take turns at the rate gate. */
  readonly subject?: string | undefined
  /**
   * Whether the call has side effects. If so, it is not repeated when it may have succeeded.
   *
   * @default false
   */
  readonly hasSideEffects?: boolean | undefined
  /** The maximum size of the response in bytes. @default 65536 */
  readonly maxBytes?: number
}

/**
 * The content of a vendor's error body, with the vendor's wording and field names.
 *
 * @category models
 * @since 0.1.0
 */
export interface VendorFailure {
  readonly code?: string | undefined
  readonly detail?: string | undefined
  readonly requestId?: string | undefined
  readonly issues?: ReadonlyArray<Issue> | undefined
  /** The unsupported feature of an `UnsupportedError`. */
  readonly feature?: Feature | undefined
  /** The reason, if neither code nor status determine it. It takes precedence over both. */
  readonly tag?: AnswerTag | undefined
}

/**
 * Makes a schema that decodes to `undefined` instead of failing, so that one unexpected field of an
 * error body does not hide the others.
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
 * The description of a vendor's failures: the schema of its error bodies, and the codes and
 * statuses that differ from the common mapping.
 *
 * @category models
 * @since 0.1.0
 */
export interface Dialect<Failure> {
  readonly failure: Schema.Codec<Failure, unknown>
  readonly read: (failure: Failure) => VendorFailure
  /** The vendor's codes for each reason. They take precedence over the status. */
  readonly codes?: Readonly<Partial<Record<AnswerTag, ReadonlyArray<string>>>>
  /** The reasons of statuses that this vendor uses differently. */
  readonly statuses?: Readonly<Record<number, AnswerTag>>
  /** The portable names of the vendor's request fields. */
  readonly fields?: Readonly<Record<string, string>>
  /** Advice by reason, appended to the vendor's message. */
  readonly advice?: Readonly<Partial<Record<AnswerTag, string>>>
}

/**
 * A decoded response, the times of sending and receiving in epoch milliseconds, and `skew`: how far
 * the vendor's clock is ahead, in milliseconds. Differences under a second count as none.
 *
 * @category models
 * @since 0.1.0
 */
export interface Received<A> {
  readonly value: A
  readonly sentAt: number
  readonly receivedAt: number
  readonly skew: Skew
  /** Tells whether text contains a long-lived key, in any encoding. */
  readonly holdsKey: (text: string) => boolean
}

/**
 * The API of one vendor. `endpoint` prepares a call from a response schema. With `retry: false`, a
 * call is never repeated, for calls that would leave something lasting behind if repeated after a
 * lost response.
 *
 * @category models
 * @since 0.1.0
 */
export interface VendorApi {
  /** Reads keys for the first time. Returns their problems, and a secret that identifies the account. */
  readonly open: KeyRings["open"]
  readonly endpoint: <A>(
    response: Schema.Codec<A, unknown>,
    options?: { readonly retry: boolean }
  ) => (call: Call) => Effect.Effect<Received<A>, TempCredentialError>
}

/**
 * Makes the API of a vendor from its dialect, with the provided transport, retry policy and rate
 * gate.
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
  // The path of an issue can contain names from the response.
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
