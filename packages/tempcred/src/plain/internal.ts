/**
 * The private parts of what this package returns, which its other entries use. They are beside the objects and not in them: nothing prints or copies them, and
 * another copy of this package, whose engine could not read them, does not find them.
 */
import type { Callers, Engine, ProviderSource, Store } from "../engine/Engine.ts"

/** The engines of minters. */
export const engines = new WeakMap<object, () => Promise<Engine>>()

/** The ways to load the adapters of providers. */
export const sources = new WeakMap<object, ProviderSource>()

/** The ways to connect to shared caches. */
export const stores = new WeakMap<object, () => Promise<Store>>()

/** The ready-made ways to identify callers. */
export const authenticators = new WeakMap<object, () => Promise<Callers>>()
