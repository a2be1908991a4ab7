/** The private parts of what this package returns, which its other entries use. */
import type { Callers, Engine, ProviderSource, Store } from "../engine/Engine.ts"

/** The key of a private part. Every copy of this package finds it. */
export const internal: unique symbol = Symbol.for("tempcred/internal")

/** A minter with its engine. */
export interface WithEngine {
  readonly [internal]: () => Promise<Engine>
}

/** A provider with the way to load its adapter. */
export interface WithSource {
  readonly [internal]: ProviderSource
}

/** A shared cache with the way to connect to it. */
export interface WithStore {
  readonly [internal]: () => Promise<Store>
}

/** Tells whether a provider was made by this package. */
export const hasSource = (provider: object): provider is WithSource => internal in provider

/** Tells whether a shared cache was made by this package. */
export const hasStore = (cache: object): cache is WithStore => internal in cache

/** Tells whether a minter was made by this package. */
export const hasEngine = (minter: object): minter is WithEngine => internal in minter

/** A ready-made way to identify callers. */
export interface WithCallers {
  readonly [internal]: () => Promise<Callers>
}

/** Tells whether a way to identify callers was made by this package. */
export const hasCallers = (authenticate: object): authenticate is WithCallers => internal in authenticate
