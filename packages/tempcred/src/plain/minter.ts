/** The plain minter. Its engine is loaded at first use. */
import { ClosedError, ConfigurationError, TempcredError } from "./errors.ts"
import type { Engine, Outcome } from "../engine/Engine.ts"
import { internal, type WithEngine } from "./internal.ts"
import type { Minter } from "./minter-types.ts"

/** Returns the value of a result. The error is made here, so that its stack leads to the caller. */
export const valueOf = <A>(outcome: Outcome<A>, whenClosed: string): A => {
  switch (outcome.type) {
    case "done":
      return outcome.value
    case "failed":
      throw new TempcredError(outcome.failure)
    case "misconfigured":
      throw new ConfigurationError(outcome.issues)
    case "closed":
      throw new ClosedError(whenClosed)
  }
}

const closed = "this minter is closed: make a new one"

/** Makes a minter of an engine. */
export const makeMinter = (start: () => Promise<Outcome<Engine>>): Minter & WithEngine => {
  let started: Promise<Outcome<Engine>> | undefined
  let isClosed = false
  const engine = async () => {
    if (isClosed) throw new ClosedError(closed)
    started ??= start()
    return valueOf(await started, closed)
  }
  const close = async () => {
    isClosed = true
    const outcome = await started
    if (outcome?.type === "done") await outcome.value.close()
  }
  return {
    mint: async (request, options = {}) => {
      return valueOf(await (await engine()).mint(request, options), closed)
    },
    invalidate: async (credential) => valueOf(await (await engine()).invalidate(credential), closed),
    ready: async () => valueOf(await (await engine()).ready(), closed),
    close,
    [Symbol.asyncDispose]: close,
    [internal]: engine
  }
}
