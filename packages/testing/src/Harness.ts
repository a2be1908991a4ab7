/**
 * A harness for tests of one vendor beside the contract: the adapter, with options or environment variables, and an emulator with a
 * fixed clock.
 *
 * ```ts
 * import { assert, it } from "@effect/vitest"
 * import * as Emulator from "@tempcred/emulator/Soniox"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import * as Harness from "@tempcred/testing/Harness"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const key = "key-of-soniox"
 *
 * const { withOptions } = Harness.make({
 *   adapter: Soniox.adapter,
 *   layer: Soniox.layer,
 *   options: { apiKey: Redacted.make(key) },
 *   emulator: (clock) => Emulator.make({ apiKey: key, clock }),
 *   mintRoute: Emulator.mintRoute,
 *   request: { purpose: "stt.realtime" }
 * })
 *
 * it.effect("a mint is one call with the key", () =>
 *   Effect.gen(function* () {
 *     const { emulator, mint } = withOptions({ region: "us" })
 *     yield* mint({ ttl: "1 minute" })
 *     const body = { usage_type: "transcribe_websocket", expires_in_seconds: 60 }
 *     const call = "POST https://api.soniox.com/v1/auth/temporary-api-key"
 *     assert.deepStrictEqual(Harness.arrived(emulator.log), [{ call, key: `Bearer ${key}`, body }])
 *   })
 * )
 * ```
 *
 * @since 0.1.0
 */

import { assert } from "@effect/vitest"
import type { ProviderLayer } from "@tempcred/core/Adapter"
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { type Reason, UnsupportedError } from "@tempcred/core/TempCredentialError"
import type { Clock, Emulator, LogEntry, Options } from "@tempcred/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Checks from "./contract/Checks.ts"
import { type Changes, type Subject, type Trial, trial } from "./contract/Trial.ts"

/**
 * The vendor under test.
 *
 * @category models
 * @since 0.1.0
 */
export interface Vendor<O, E> extends Pick<Subject, "adapter" | "mintRoute" | "request"> {
  readonly layer: (options: O) => ProviderLayer
  /** The adapter's default options in trials. */
  readonly options: NoInfer<O>
  /** Makes a fresh emulator with this clock. */
  readonly emulator: (clock: Clock, options?: E) => Emulator
}

/**
 * The differences of a trial from the usual one, with the emulator's own options.
 *
 * @category models
 * @since 0.1.0
 */
export interface Setting<E> extends Omit<Changes, "emulator"> {
  readonly emulator?: E
}

/**
 * The trials of one vendor.
 *
 * @category models
 * @since 0.1.0
 */
export interface Harness<O, E> {
  /** Makes a trial with the vendor's options and these changes. */
  readonly withOptions: (options?: Partial<O>, setting?: Setting<E>) => Trial
  /** Makes a trial with the emulator's environment variables and these changes. `undefined` unsets a variable. */
  readonly withEnv: (env: Readonly<Record<string, string | undefined>>) => Trial
}

/**
 * The fixed time of the emulators' clocks, in epoch milliseconds.
 *
 * @category constants
 * @since 0.1.0
 */
export const noon: number = Date.UTC(2026, 10, 21, 12)

const clock: Clock = { now: () => noon, after: () => () => {} }

/**
 * Makes the trials of a vendor.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <O extends object, E extends Options = Options>(vendor: Vendor<O, E>): Harness<O, E> => {
  const { adapter, layer, mintRoute, request } = vendor
  const subject = (layerConfig: ProviderLayer, { emulator, ...changes }: Setting<E>): Trial =>
    trial(
      {
        ...(mintRoute === undefined ? {} : { mintRoute }),
        adapter: { ...adapter, layerConfig },
        request,
        emulator: () => vendor.emulator(clock, emulator)
      },
      changes
    )
  return {
    withOptions: (options, setting = {}) => subject(layer({ ...vendor.options, ...options }), setting),
    withEnv: (env) => subject(adapter.layerConfig, { env })
  }
}

/**
 * Responds to every mint with this JSON, on any host.
 *
 * @category constructors
 * @since 0.1.0
 */
export const answering = (body: unknown, status = 200): Pick<Changes, "reply"> => ({
  reply: async () => Response.json(body, { status })
})

/**
 * A request as the vendor received it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Arrival {
  /** The method, and the URL with its query. */
  readonly call: string
  /** The header that carries the long-lived key. */
  readonly key: string | undefined
  /** The body as JSON, or `undefined` without a body. */
  readonly body: unknown
}

/**
 * Lists the requests that the vendor received.
 *
 * @category accessors
 * @since 0.1.0
 */
export const arrived = (log: ReadonlyArray<LogEntry>, keyHeader = "authorization"): ReadonlyArray<Arrival> =>
  log.map(({ body, headers, method, url }) => ({
    call: `${method} ${url}`,
    key: headers[keyHeader],
    body: body === "" ? undefined : JSON.parse(body)
  }))

/**
 * Returns the reason of a call that must fail.
 *
 * @category testing
 * @since 0.1.0
 */
export const reasonOf = (calling: Effect.Effect<unknown, unknown>): Effect.Effect<Reason> => Checks.reason(calling)

/**
 * Runs a call on a test clock that advances while the call waits. Retries and rate limits take no real time.
 *
 * @category testing
 * @since 0.1.0
 */
export const skippingWaits = <A, E>(calling: Effect.Effect<A, E>): Effect.Effect<A, E> => Checks.skippingWaits(calling)

/**
 * Checks that a request fails because of an unsupported feature, with this detail, and that nothing is sent.
 *
 * @category testing
 * @since 0.1.0
 */
export const lacks = Effect.fnUntraced(function* (
  { mint, requests }: Trial,
  request: Partial<MintRequest>,
  feature: string,
  detail: RegExp
): Effect.fn.Return<void> {
  const reason = yield* reasonOf(mint(request))
  assert.instanceOf(reason, UnsupportedError)
  assert.strictEqual(reason.feature, feature)
  assert.match(reason.detail ?? "", detail)
  assert.strictEqual(requests.length, 0)
})

/**
 * Returns the error of a configuration that must fail, and checks that nothing is sent.
 *
 * @category testing
 * @since 0.1.0
 */
export const misconfigured = Effect.fnUntraced(function* ({
  mint,
  requests
}: Trial): Effect.fn.Return<ConfigurationError> {
  const error = yield* Checks.failure(mint())
  assert.instanceOf(error, ConfigurationError)
  assert.strictEqual(requests.length, 0)
  return error
})
