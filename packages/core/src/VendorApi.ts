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
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import { type AnswerTag, answerTags, fromAnswer, tagFromStatus } from "./vendor-api/AnswerReason.ts"
import { fingerprint } from "./Fingerprint.ts"
import { type KeyRings, makeRings } from "./key-source/KeyRing.ts"
import type { KeySource } from "./KeySource.ts"
import { RateGate } from "./RateGate.ts"
import { nothingLeftFor, retryAfter, type Skew, skew } from "./vendor-api/ReplyHeaders.ts"
import { makeRun, RetryPolicy } from "./RetryPolicy.ts"
import { quote } from "./Sentence.ts"
import {
  type Feature,
  InvalidResponseError,
  type Issue,
  type Reason,
  TempCredentialError
} from "./TempCredentialError.ts"
import { type Answer, type Outgoing, Transport } from "./Transport.ts"

export type { AnswerTag } from "./vendor-api/AnswerReason.ts"
export { join } from "./vendor-api/Url.ts"

/**
 * One call to a vendor as plain data. `undefined` in query or body is left out.
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
  readonly body?: Readonly<Record<string, unknown>>
  /** Whom the call is for: subjects take turns at the rate gate. It is not sent. */
  readonly subject?: string | undefined
  /** The largest answer to read, in bytes. @default 65536 */
  readonly maxBytes?: number
}

/**
 * What a vendor's error body says, in the vendor's own words and field names.
 *
 * @category models
 * @since 0.1.0
 */
export interface Told {
  readonly code?: string | undefined
  readonly detail?: string | undefined
  readonly requestId?: string | undefined
  readonly issues?: ReadonlyArray<Issue> | undefined
  /** What of the request is unsupported, for an `UnsupportedError`. */
  readonly feature?: Feature | undefined
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
  readonly read: (failure: Failure) => Told
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
        const value = yield* Effect.fromResult(readable(answer, decode))
        return { value, sentAt: answer.sentAt, receivedAt: answer.receivedAt, skew: skew(answer) }
      })
      return (call) =>
        Effect.suspend(() =>
          run(
            rings.of(call.key).use((key, keys) => send(call, key, keys)),
            gate,
            call.subject ?? ""
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
  const { body, keyHeader, maxBytes } = call
  return { method: call.method ?? "POST", url, key, keyHeader, body, maxBytes }
}

const parseJson = Option.liftThrowable((text: string): unknown => JSON.parse(text))

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const readable = <A>(
  answer: Answer,
  decode: (input: unknown) => Result.Result<A, Schema.SchemaError>
): Result.Result<A, InvalidResponseError> => {
  const refuse = (detail: string) => new InvalidResponseError({ status: answer.status, detail })
  const json = answer.text === "" ? Option.some(null) : parseJson(answer.text)
  return Result.fromOption(json, () => refuse("the body is not JSON")).pipe(
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

const reader = <Failure>(dialect: Dialect<Failure>) => {
  const decode = Schema.decodeUnknownOption(dialect.failure)
  const fields = new Map(Object.entries(dialect.fields ?? {}))
  const tags = new Map(answerTags.flatMap((tag) => (dialect.codes?.[tag] ?? []).map((code) => [code, tag] as const)))
  return (answer: Answer, keys: ReadonlyArray<Redacted.Redacted>, now: number): Reason => {
    const told = parseJson(answer.text).pipe(
      Option.flatMap(decode),
      Option.map(dialect.read),
      Option.getOrElse((): Told => plain(answer))
    )
    const clean = scrubber(keys)
    const code = clean(told.code, 100)
    const tag = tags.get(told.code ?? "") ?? dialect.statuses?.[answer.status] ?? tagFromStatus(answer.status)
    const requestId = clean(told.requestId ?? answer.headers["x-request-id"], 100)
    const advice = dialect.advice?.[tag]
    const said = clean(told.detail, advice === undefined ? 300 : 297 - advice.length)
    const detail = [said, advice].filter((part) => part !== undefined && part !== "").join(" — ")
    const wait = retryAfter(answer.headers, now)
    return fromAnswer(
      tag,
      {
        status: answer.status,
        ...(code === undefined ? {} : { code }),
        ...(requestId === undefined ? {} : { requestId }),
        ...(wait === undefined ? {} : { retryAfter: wait }),
        ...(detail === "" ? {} : { detail })
      },
      (told.issues ?? []).slice(0, 20).map((issue) => ({
        field: fields.get(issue.field) ?? clean(issue.field, 100) ?? "",
        message: clean(issue.message, 300) ?? ""
      })),
      told.feature
    )
  }
}

/** A refusal in plain words is worth keeping; a web page is not. */
const plain = (answer: Answer): Told =>
  answer.headers["content-type"]?.toLowerCase().startsWith("text/plain") === true ? { detail: answer.text } : {}

/** Removes keys before cutting, so that no part of one survives at the cut, and the longest first, as one may begin like another. */
const scrubber = (keys: ReadonlyArray<Redacted.Redacted>) => {
  const forms = keys
    .flatMap((key) => [Redacted.value(key), encodeURIComponent(Redacted.value(key))])
    .toSorted((one, other) => other.length - one.length)
  return (text: string | undefined, length: number): string | undefined =>
    text === undefined
      ? undefined
      : quote(
          forms.reduce((rest, form) => rest.replaceAll(form, "<redacted>"), text),
          length
        )
}
