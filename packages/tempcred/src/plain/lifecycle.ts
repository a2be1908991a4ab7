/** The life of an engine: loaded at first use, again after a start that failed, and closed once. */
import type { Outcome } from "../engine/Engine.ts"
import { ClosedError, ConfigurationError, TempcredError } from "./errors.ts"

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

/** An engine that can be started and closed. */
interface Running {
  readonly ready: () => Promise<Outcome<void>>
  readonly close: () => Promise<void>
}

/** Starts an engine when it is needed. */
export interface Lifecycle<A> {
  /** Returns the running engine. After `close` it is the closed one, which answers for itself. */
  readonly get: () => Promise<A>
  /** Closes the engine, also while it starts. It rejects for no failed start. */
  readonly close: () => Promise<void>
}

/** Makes the lifecycle of an engine. A start that failed is tried again at the next use: what could not be read may be readable then. */
export const lifecycle = <A extends Running>(start: () => Promise<Outcome<A>>, whenClosed: string): Lifecycle<A> => {
  let starting: Promise<Outcome<A>> | undefined
  let opened: A | undefined
  let isClosed = false
  const begin = async (): Promise<Outcome<A>> => {
    const outcome = await start()
    if (outcome.type !== "done") return outcome
    opened = outcome.value
    let isReady = false
    try {
      const ready = isClosed ? ({ type: "closed" } as const) : await opened.ready()
      isReady = ready.type === "done"
      return ready.type === "done" ? outcome : ready
    } finally {
      if (!isReady) {
        await opened.close()
        if (!isClosed) opened = undefined
      }
    }
  }
  return {
    get: async () => {
      if (isClosed) {
        if (opened === undefined) throw new ClosedError(whenClosed)
        return opened
      }
      starting ??= begin()
      const current = starting
      try {
        return valueOf(await current, whenClosed)
      } catch (error) {
        if (starting === current) starting = undefined
        throw error
      }
    },
    close: async () => {
      isClosed = true
      await opened?.close()
      await starting?.catch(() => {})
      await opened?.close()
    }
  }
}

/** Waits for work, or rejects with the reason of a signal. */
export const unlessAborted = async <A>(work: Promise<A>, signal: AbortSignal | undefined): Promise<A> => {
  if (signal === undefined) return work
  const done = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    const leave = () => reject(signal.reason)
    if (signal.aborted) leave()
    else signal.addEventListener("abort", leave, { once: true, signal: done.signal })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    done.abort()
  }
}
