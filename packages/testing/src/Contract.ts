/**
 * The exam that every adapter passes: one call in a test file, and each clause becomes a test. The adapter is pointed at an emulator by its
 * own environment variables, and meets what vendors do on bad days.
 *
 * ```ts
 * import * as Emulator from "@tempcred/emulator/Soniox"
 * import * as Soniox from "@tempcred/soniox/Soniox"
 * import { contract } from "@tempcred/testing/Contract"
 *
 * contract("soniox", {
 *   adapter: Soniox.adapter,
 *   emulator: Emulator.make,
 *   mintRoute: Emulator.mintRoute,
 *   request: { purpose: "stt.realtime" }
 * })
 * ```
 *
 * @since 0.1.0
 */
import { describe, it } from "@effect/vitest"
import type { Adapter } from "@tempcred/core/Adapter"
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { MintRequest } from "@tempcred/core/MintRequest"
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import type { TempCredential } from "@tempcred/core/TempCredential"
import type { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { layer as layerTransport } from "@tempcred/core/HttpClientTransport"
import type { Emulator, Options } from "@tempcred/emulator/Emulator"
import type { Fault } from "@tempcred/emulator/Faults"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { clauses } from "./Clauses.ts"
import * as EmulatorHttpClient from "./EmulatorHttpClient.ts"

/**
 * What is examined: an adapter, and the emulator of its vendor.
 *
 * @category models
 * @since 0.1.0
 */
export interface Subject {
  readonly adapter: Adapter
  /** Makes a fresh emulator. */
  readonly emulator: (options?: Options) => Emulator
  /** The emulator's route that mints, for scripted faults. */
  readonly mintRoute: string
  /** A request that the adapter serves. */
  readonly request: MintRequest
  /** Whose credentials they are, where the adapter asks somebody else for them. @default the adapter's own id */
  readonly provider?: string
  /** Whether the vendor is told how long a credential lives or until when: a moment comes when the vendor's clock says so. @default "length" */
  readonly told?: "length" | "moment"
}

/**
 * How a trial differs from the usual one.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes {
  readonly emulator?: Options
  /** Variables to set, or with `undefined` to unset. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** @default one try of at most 2 seconds */
  readonly policy?: Partial<RetryPolicy.Policy>
  /** The next requests to mint suffer this, again and again. */
  readonly fault?: Fault
  /** Changes the vendor's reply on its way. */
  readonly reply?: (reply: Response) => Promise<Response>
}

/**
 * One adapter before one emulator.
 *
 * @category models
 * @since 0.1.0
 */
export interface Trial {
  readonly emulator: Emulator
  /** The requests that the emulator saw, as they were sent. */
  readonly requests: ReadonlyArray<Request>
  /** Where the adapter was told that the vendor is. */
  readonly origin: string
  /** Mints by the subject's request with these changes, on a provider made for this call. */
  readonly mint: (
    request?: Partial<MintRequest>
  ) => Effect.Effect<TempCredential, TempCredentialError | ConfigurationError>
}

/**
 * One sentence that an adapter must make true; it dies where it does not.
 *
 * @category models
 * @since 0.1.0
 */
export interface Clause {
  readonly name: string
  readonly check: (subject: Subject, trial: (changes?: Changes) => Trial) => Effect.Effect<void, unknown>
}

const origin = "http://127.0.0.1:9"

/**
 * Puts an adapter before a fresh emulator.
 *
 * @category constructors
 * @since 0.1.0
 */
export const trial = (subject: Subject, changes: Changes = {}): Trial => {
  const emulator = subject.emulator(changes.emulator)
  if (changes.fault !== undefined) emulator.faults.add(subject.mintRoute, changes.fault, Infinity)
  const requests: Array<Request> = []
  const handle: Emulator["handle"] = async (request) => {
    requests.push(request)
    const reply = await emulator.handle(request)
    return changes.reply === undefined ? reply : changes.reply(reply)
  }
  const env: Record<string, string> = { ...emulator.env(origin) }
  for (const [name, value] of Object.entries(changes.env ?? {})) {
    if (value === undefined) delete env[name]
    else env[name] = value
  }
  const policy = { attempts: 1, base: Duration.millis(1), attemptTimeout: Duration.seconds(2), ...changes.policy }
  const layer = subject.adapter.layerConfig.pipe(
    Layer.provide(Layer.orDie(RetryPolicy.layer(policy))),
    Layer.provide(layerTransport),
    Layer.provide(EmulatorHttpClient.layer({ hosts: emulator.hosts, handle })),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
  )
  return {
    emulator,
    requests,
    origin,
    mint: (request) =>
      TempCredentialProvider.use((provider) => provider.mint({ ...subject.request, ...request })).pipe(
        Effect.provide(layer)
      )
  }
}

/**
 * Examines an adapter: registers one test for each clause.
 *
 * @category testing
 * @since 0.1.0
 */
export const contract = (name: string, subject: Subject): void => {
  describe(`contract: ${name}`, () => {
    for (const clause of clauses) {
      it.live(clause.name, () => clause.check(subject, (changes) => trial(subject, changes)))
    }
  })
}
