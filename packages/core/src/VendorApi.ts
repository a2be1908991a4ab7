/**
 * Typed calls to a vendor's HTTP API. A call uses the transport and the retry policy, decodes the
 * response, and converts each failure into a reason. A `Dialect` describes how the vendor reports
 * failures.
 *
 * ```ts
 * import { Transport } from "@tempcred/core/Transport"
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
 * const error = await Effect.runPromise(Effect.provide(program, Transport.layer))
 * console.log(error.message) // => acme: the request was refused (status 404): Not Found
 * ```
 *
 * @since 0.1.0
 */

import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { fingerprint } from "./Fingerprint.ts"
import { type KeyForm, type Parts, single } from "./key-source/KeyParts.ts"
import { type KeyRings, makeRings } from "./key-source/KeyRing.ts"
import type { KeySource } from "./KeySource.ts"
import type { Gate } from "./rate-gate/Gate.ts"
import { RateGate } from "./rate-gate/Gates.ts"
import type { Dialect } from "./vendor-api/Dialect.ts"
import * as Reply from "./vendor-api/Reply.ts"
import { nothingLeftFor } from "./vendor-api/ReplyHeaders.ts"
import { reader } from "./vendor-api/Refusal.ts"
import { RetryPolicy } from "./RetryPolicy.ts"
import { makeRun } from "./retry-policy/Run.ts"
import { holds } from "./Scrubber.ts"
import { type Reason, TempCredentialError, TransportError } from "./TempCredentialError.ts"
import type { Outgoing } from "./transport/Exchange.ts"
import { late } from "./transport/Failure.ts"
import { Transport } from "./transport/Service.ts"

export type { AnswerTag } from "./vendor-api/AnswerReason.ts"
export type { Dialect, VendorFailure } from "./vendor-api/Dialect.ts"
export type { Received } from "./vendor-api/Reply.ts"
export { vendorNow } from "./vendor-api/ReplyHeaders.ts"
export { join, websocketOf } from "./vendor-api/Url.ts"

/**
 * A call to a vendor. Values that are `undefined` in query, headers or body are omitted.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  /** @default "POST" */
  readonly method?: Outgoing["method"]
  readonly url: string
  readonly query?: Readonly<Record<string, string | undefined>>
  /** The long-lived key, or a source of keys. Each attempt uses the current key of the source. */
  readonly key: Redacted.Redacted | KeySource
  /**
   * The header of the key. `basic` sends two parts of a key by HTTP basic authentication, and names the
   * parts for user and password.
   *
   * @default { name: "authorization", prefix: "Bearer " }
   */
  readonly keyHeader?: Outgoing["keyHeader"] | { readonly basic: readonly [user: string, password: string] }
  /** Further headers, without secrets. */
  readonly headers?: Outgoing["headers"]
  /** The body, sent as JSON. */
  readonly body?: Readonly<Record<string, unknown>>
  /** The body, sent as a form. It replaces `body`. */
  readonly form?: Readonly<Record<string, string | undefined>>
  /**
   * The format of a successful response. The response schema decodes the parsed JSON, or the plain text.
   *
   * @default "json"
   */
  readonly answer?: "json" | "text"
  /** The subject of the call, so that subjects take turns at the rate limiter. It is not sent. */
  readonly subject?: string | undefined
  /**
   * Whether the call has side effects. If so, an attempt that may have succeeded is not repeated.
   *
   * @default false
   */
  readonly hasSideEffects?: boolean | undefined
  /** The maximum size of the response in bytes. @default 65536 */
  readonly maxBytes?: number
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
 * The API of one vendor. `endpoint` prepares a call from a response schema. With `retry: false`, a
 * call is never repeated. Use it if a repeat after a lost response would create a second resource.
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
  ) => (call: Call) => Effect.Effect<Reply.Received<A>, TempCredentialError>
  /**
   * Runs an attempt that needs a key but calls no vendor, such as a signature. It has key rotation,
   * retries and time limits, but no rate limiter.
   */
  readonly local: <A>(
    key: Redacted.Redacted | KeySource,
    attempt: (parts: Parts) => Effect.Effect<A, Reason>
  ) => Effect.Effect<Reply.Received<A>, TempCredentialError>
}

/**
 * Makes the API of a vendor from its dialect, with the provided transport, retry policy and rate
 * limiter.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* <Failure>(
  provider: string,
  dialect: Dialect<Failure>,
  { secretsOf, split }: KeyForm = single
): Effect.fn.Return<VendorApi, never, Transport> {
  const transport = yield* Transport
  const sendWithin = transport.sendWithin ?? interrupting(transport)
  const policy = yield* RetryPolicy
  const retrying = makeRun(policy, provider)
  const once = makeRun({ ...policy, attempts: 1 }, provider)
  const refusal = reader(dialect)
  const rings = yield* makeRings(provider)
  const gates = yield* RateGate
  let gate = yield* gates(provider, Effect.succeed(""))
  const fail = (reason: Reason) => new TempCredentialError({ provider, reason })
  return {
    open: (sources) =>
      Effect.tap(rings.open(sources), ({ account }) =>
        Effect.map(gates(provider, fingerprint(account)), (found) => {
          gate = found
        })
      ),
    endpoint: (response, { retry } = { retry: true }) => {
      const run = retry ? retrying : once
      const read = Reply.reader(response, refusal)
      return (call) => {
        const ring = rings.of(call.key)
        const attempt = (milliseconds: number) =>
          ring.use(milliseconds, (key, keys, left) => {
            const sent = outgoing(call, key, split)
            // Basic authentication joins the parts of a key into one text, which is a secret too.
            const secrets = [...keys.flatMap(secretsOf), ...(sent.key === key ? [] : [sent.key])]
            return Effect.flatMap(sendWithin(sent, left), (answer) => {
              const result = read(answer, call.answer ?? "json", secrets)
              const spent = nothingLeftFor(answer.headers, answer.receivedAt)
              return spent === undefined ? result : Effect.andThen(gate.hold(spent), result)
            })
          })
        const lane = call.subject ?? ""
        const tried = run(attempt, gate, { lane, hasSideEffects: call.hasSideEffects === true })
        return Effect.mapError(tried, fail)
      }
    },
    local: (source, attempt) => {
      const ring = rings.of(source)
      const tried = (milliseconds: number) =>
        ring.use(milliseconds, (key, keys, left) => timed(attempt(split(key)), keys.flatMap(secretsOf), left))
      return Effect.mapError(retrying(tried, openGate, { lane: "", hasSideEffects: false }), fail)
    }
  }
})

/** A rate limiter without a limit. */
const openGate: Gate = { pass: (_, attempt) => attempt, hold: () => Effect.void }

/** Runs an attempt with a time limit, and records its start and end by the local clock. */
const timed = Effect.fnUntraced(function* <A>(
  attempt: Effect.Effect<A, Reason>,
  secrets: ReadonlyArray<Redacted.Redacted>,
  milliseconds: number
): Effect.fn.Return<Reply.Received<A>, Reason> {
  const sentAt = yield* Clock.currentTimeMillis
  const value = yield* Effect.timeoutOrElse(attempt, {
    duration: milliseconds,
    orElse: () => Effect.fail(new TransportError({ timedOut: true }))
  })
  const receivedAt = yield* Clock.currentTimeMillis
  return { value, sentAt, receivedAt, skew: { least: 0, most: 0 }, holdsKey: (text) => holds(text, secrets) }
})

/** Adds a time limit to a transport without a timer, by interruption. */
const interrupting =
  ({ send }: Transport["Service"]): NonNullable<Transport["Service"]["sendWithin"]> =>
  (request, milliseconds) =>
    Effect.timeoutOrElse(send(request), {
      duration: milliseconds,
      orElse: () => Effect.fail(late(milliseconds, { url: request.url, note: undefined }))
    })

const outgoing = (call: Call, key: Redacted.Redacted, split: KeyForm["split"]): Outgoing => {
  const url = new URL(call.url)
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, value)
  }
  const { body, form, headers, keyHeader, maxBytes } = call
  const placed =
    keyHeader === undefined || "name" in keyHeader ? { key, keyHeader } : basic(split(key), keyHeader.basic)
  return { method: call.method ?? "POST", url, ...placed, headers, body, form, maxBytes }
}

const basic = (parts: Parts, names: readonly [user: string, password: string]): Pick<Outgoing, "key" | "keyHeader"> => {
  const [user, password] = names.map((name) => Redacted.value(parts[name] ?? Redacted.make("")))
  return {
    key: Redacted.make(btoa(`${user}:${password}`)),
    keyHeader: { name: "authorization", prefix: "Basic " }
  }
}
