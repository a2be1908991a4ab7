/** One adapter before one emulator, and the clauses that it must meet. */
import type * as Adapter from "@tempcred/core/Adapter"
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import { layer as layerTransport } from "@tempcred/core/HttpClientTransport"
import type { MintRequest } from "@tempcred/core/MintRequest"
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import type { TempCredential } from "@tempcred/core/TempCredential"
import type { TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import type { Emulator, Options } from "@tempcred/emulator/Emulator"
import type { Fault } from "@tempcred/emulator/Faults"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as EmulatorHttpClient from "../EmulatorHttpClient.ts"

/** The subject of the contract: an adapter, and the emulator of its vendor. */
export interface Subject {
  readonly adapter: Adapter.Adapter & Pick<Adapter.Vendor<Adapter.Table>, "options">
  /** Makes a fresh emulator. */
  readonly emulator: (options?: Options) => Emulator
  /** The emulator's route that mints, for scripted faults. An adapter that signs credentials has none. */
  readonly mintRoute?: string
  /** A request that the adapter serves. */
  readonly request: MintRequest
  /** The provider of the credentials, for an adapter that requests them elsewhere. @default the adapter's own id */
  readonly provider?: string
  /**
   * How the vendor is told the expiry: as a length, or as a moment by the vendor's clock.
   *
   * @default "length"
   */
  readonly told?: "length" | "moment"
}

/** The differences of a trial from the usual one. */
export interface Changes {
  readonly emulator?: Options
  /** Variables to set, or to unset with `undefined`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** @default one try of at most 2 seconds */
  readonly policy?: RetryPolicy.Options
  /** A fault of every request to mint. */
  readonly fault?: Fault
  /** Changes the vendor's response on its way. */
  readonly reply?: (reply: Response) => Promise<Response>
}

/** One adapter before one emulator. */
export interface Trial {
  readonly emulator: Emulator
  /** The requests that the emulator received, as they were sent. */
  readonly requests: ReadonlyArray<Request>
  /** The address of the vendor in the adapter's configuration. */
  readonly origin: string
  /** Mints by the subject's request with these changes, on a provider made for this call. */
  readonly mint: (
    request?: Partial<MintRequest>
  ) => Effect.Effect<TempCredential, TempCredentialError | ConfigurationError>
}

/** One sentence of the contract. Its check dies when the sentence is false. */
export interface Clause {
  readonly name: string
  /** The adapters that it concerns: those that call their vendor, or those that sign. @default both */
  readonly of?: "calls" | "signatures"
  readonly check: (subject: Subject, trial: (changes?: Changes) => Trial) => Effect.Effect<void, unknown>
}

/** Tells whether a clause concerns a subject. */
export const concerns = ({ of }: Clause, { mintRoute }: Subject): boolean =>
  of === undefined || of === (mintRoute === undefined ? "signatures" : "calls")

const origin = "http://127.0.0.1:9"

/** The part of a subject that a trial needs. */
export interface Tried extends Pick<Subject, "emulator" | "mintRoute" | "request"> {
  readonly adapter: Pick<Subject["adapter"], "layerConfig">
}

/** Puts an adapter before a fresh emulator. */
export const trial = (subject: Tried, changes: Changes = {}): Trial => {
  const emulator = subject.emulator(changes.emulator)
  if (changes.fault !== undefined && subject.mintRoute !== undefined) {
    emulator.faults.add(subject.mintRoute, changes.fault, Infinity)
  }
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
