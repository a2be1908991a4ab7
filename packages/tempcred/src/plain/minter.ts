/** The plain minter. Its engine is loaded at first use. */
import type { Engine, Outcome } from "../engine/Engine.ts"
import { engines } from "./internal.ts"
import { lifecycle, unlessAborted, valueOf } from "./lifecycle.ts"
import type { Minter } from "./minter-types.ts"

const closed = "this minter is closed: make a new one"

/** Makes a minter of an engine. */
export const makeMinter = (start: () => Promise<Outcome<Engine>>): Minter => {
  const { close, get } = lifecycle(start, closed)
  const minter: Minter = {
    mint: async (request, options = {}) => {
      const engine = await unlessAborted(get(), options.signal)
      return valueOf(await engine.mint(request, options), closed)
    },
    invalidate: async (credential) => valueOf(await (await get()).invalidate(credential), closed),
    forget: async (account) => valueOf(await (await get()).forget(account), closed),
    ready: async () => valueOf(await (await get()).ready(), closed),
    close,
    [Symbol.asyncDispose]: close
  }
  engines.set(minter, get)
  return minter
}
