/** The clock of an emulator. */

/** A clock and its timers; tests pass their own to let credentials expire at once. */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Runs a function once after so many milliseconds; the returned function cancels it. */
  readonly after: (milliseconds: number, run: () => void) => () => void
}

/** The system's clock and timers; timers keep no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds)
    if (typeof timer === "object") timer.unref()
    return () => clearTimeout(timer)
  }
}
