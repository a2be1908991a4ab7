/**
 * Rate limiter of one vendor account: first in, first out within a lane, round-robin between lanes.
 * A call starts at once if nothing delays it. Otherwise it waits in the queue, and fails early if
 * the wait would exceed its deadline. The gate has no fiber of its own: each call that starts or stops
 * waiting wakes the next one.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import { millisUnsafe, monotonicMillis, remainingUnsafe } from "../Deadline.ts"
import { Events } from "../Events.ts"
import * as FairQueue from "./FairQueue.ts"
import * as Pace from "./Pace.ts"
import { RateLimitError, type Reason, TransportError } from "../TempCredentialError.ts"

/** The limits of one account, in one process or shared by several. */
export interface Limits {
  /** Counts one call and returns 0. If the limit is reached, returns the milliseconds to wait instead. */
  readonly ask: Effect.Effect<number>
  /** Delays all calls by a number of milliseconds. */
  readonly close: (milliseconds: number) => Effect.Effect<void>
}

/** A caller. With `again`, the call is a retry, which goes before the other calls of its lane. */
export interface Caller {
  readonly lane: string
  readonly again: boolean
}

/** The gate of one vendor account. */
export interface Gate {
  /** Waits for a turn, and then runs an attempt. */
  readonly pass: <A, R>(caller: Caller, attempt: Effect.Effect<A, Reason, R>) => Effect.Effect<A, Reason, R>
  /** Delays all calls after a response with an exhausted rate limit. */
  readonly hold: (length: Duration.Duration) => Effect.Effect<void>
}

interface Waiter {
  readonly lane: string
  /** The latest useful start. This time and `startedAt` are in monotonic milliseconds. */
  readonly latest: number
  readonly turn: Deferred.Deferred<void, RateLimitError>
  startedAt: number | undefined
}

/** The settings of a gate. */
export interface Settings {
  /** The configured rate limit: calls per millisecond, and calls at once after an idle time. */
  readonly perMillisecond: number
  readonly burst: number
  /** The initial maximum number of concurrent calls. Each success raises it by one. */
  readonly firstWindow: number
}

const waits = Metric.histogram("tempcred_gate_wait_milliseconds", {
  description: "Wait of calls for their turn at the rate gate",
  boundaries: Metric.exponentialBoundaries({ start: 1, factor: 4, count: 8 })
})

/** Makes a signal. `send` wakes all fibers that currently wait. */
const makeSignal = () => {
  let deferred = Deferred.makeUnsafe<void>()
  return {
    wait: Effect.suspend(() => Deferred.await(deferred)),
    send: () => {
      Deferred.doneUnsafe(deferred, Effect.void)
      deferred = Deferred.makeUnsafe()
    }
  }
}

const tooLong = (wait: number) =>
  new RateLimitError({
    retryAfter: Duration.millis(Math.ceil(wait)),
    detail: "the vendor was not called, because no turn comes before the deadline"
  })

const noTurn = () =>
  new TransportError({ timedOut: true, detail: "calls in progress left no turn before the deadline" })

/** Makes the gate of one account. */
export const make = Effect.fnUntraced(function* (
  provider: string,
  limits: Limits,
  settings: Settings
): Effect.fn.Return<Gate> {
  const publish = yield* Events
  let pace = Pace.make(settings.firstWindow)
  const queue = FairQueue.make<Waiter>()
  const outcome = (name: string) => Metric.withAttributes(waits, { provider, outcome: name })
  const outcomes = { admitted: outcome("admitted"), refused: outcome("refused") }
  /** The moving average of the duration of a call, in milliseconds. */
  let usual = 0
  let head: Waiter | undefined
  const back = makeSignal()
  const closing = makeSignal()

  const next = () => {
    head = queue.take()
    if (head !== undefined) Deferred.doneUnsafe(head.turn, Effect.void)
  }
  const join = (waiter: Waiter, ahead: boolean) => {
    queue.add(waiter.lane, waiter, ahead)
    if (head === undefined) next()
  }
  const start = (waiter: Waiter, now: number) => {
    waiter.startedAt = now
    pace = Pace.started(pace, now)
    next()
  }
  const leave = (waiter: Waiter) => {
    if (waiter.startedAt !== undefined) {
      pace = Pace.ended(pace)
      back.send()
    } else if (head === waiter) next()
    else queue.remove(waiter.lane, waiter)
  }
  /** Fails calls at once if a wait of this many milliseconds exceeds their deadline. */
  const dismiss = (now: number, wait: number) => {
    for (const waiter of queue.all()) {
      if (now + wait < waiter.latest) continue
      queue.remove(waiter.lane, waiter)
      Deferred.doneUnsafe(waiter.turn, Effect.fail(tooLong(wait)))
    }
  }
  const close = (now: number, wait: number) => {
    dismiss(now, wait)
    closing.send()
  }

  /** Returns the minimum wait of a new call in this lane, in milliseconds. */
  const expected = (lane: string, again: boolean, now: number): number => {
    const rate = Math.min(Pace.rate(pace, now) ?? Number.POSITIVE_INFINITY, settings.perMillisecond)
    const before = again || rate === Number.POSITIVE_INFINITY ? 0 : queue.before(lane) + 1 - settings.burst
    return Pace.held(pace, now) + Math.max(0, before) / rate
  }

  /** Starts the first call of the queue when pace and limits allow it. */
  const admit = (waiter: Waiter): Effect.Effect<void, RateLimitError> =>
    Effect.flatMap(monotonicMillis, (now) => {
      const own = Pace.wait(pace, now)
      if (own === Number.POSITIVE_INFINITY) return Effect.andThen(back.wait, admitAgain(waiter))
      if (own > 0) return pause(waiter, now, own)
      return Effect.flatMap(limits.ask, (wait) =>
        wait > 0 ? pause(waiter, now, wait) : Effect.map(monotonicMillis, (at) => start(waiter, at))
      )
    })
  const admitAgain = (waiter: Waiter) => Effect.suspend(() => admit(waiter))
  const pause = (waiter: Waiter, now: number, wait: number): Effect.Effect<void, RateLimitError> => {
    dismiss(now, wait)
    if (now + wait >= waiter.latest) return Effect.fail(tooLong(wait))
    // Timers have whole milliseconds. The pace compensates for the rounding.
    return Effect.andThen(Effect.timeoutOption(closing.wait, Math.ceil(wait)), admitAgain(waiter))
  }

  const refused = Effect.fnUntraced(function* (startedAt: number, asked: Duration.Duration | undefined) {
    const now = yield* monotonicMillis
    const known = Pace.held(pace, now) > 0
    pace = Pace.refused(pace, now, startedAt, asked === undefined ? undefined : Duration.toMillis(asked))
    const hold = Pace.held(pace, now)
    if (hold <= 0) return
    close(now, hold)
    if (!known) yield* publish({ _tag: "GateClosed", provider, milliseconds: Math.ceil(hold) })
    yield* limits.close(hold)
  })

  const succeeded = (startedAt: number, now: number) => {
    pace = Pace.succeeded(pace, now)
    usual += (now - startedAt - usual) / 8
  }

  /** Tells whether a call can start at once, without the queue. */
  const isOpen = (now: number, patience: number): boolean =>
    head === undefined &&
    settings.perMillisecond === Number.POSITIVE_INFINITY &&
    patience > 0 &&
    Pace.wait(pace, now) <= 0

  /** Waits for a turn in the queue, at most until the call's latest useful start. */
  const takeTurn = ({ again, lane }: Caller, waiter: Waiter, arrived: number) => {
    const patience = waiter.latest - arrived
    const count = (name: keyof typeof outcomes) =>
      Effect.flatMap(monotonicMillis, (now) => Metric.update(outcomes[name], now - arrived))
    return Effect.suspend(() => {
      const least = expected(lane, again, arrived)
      if (least >= patience) return Effect.fail(tooLong(least))
      join(waiter, again)
      return Effect.andThen(Deferred.await(waiter.turn), admit(waiter))
    }).pipe(
      Effect.timeoutOrElse({
        duration: patience,
        orElse: () => {
          const least = expected(lane, again, waiter.latest)
          return Effect.fail(least > 0 ? tooLong(least) : noTurn())
        }
      }),
      Effect.tap(() => count("admitted")),
      Effect.tapError(() => count("refused"))
    )
  }

  const pass: Gate["pass"] = (caller, attempt) =>
    Effect.withFiber((fiber) => {
      const arrived = millisUnsafe(fiber)
      const left = remainingUnsafe(fiber, arrived)
      // A call that starts too late for its deadline would only mint an unused credential.
      const patience = left - Math.min(left / 2, usual * 1.5)
      const waiter: Waiter = {
        lane: caller.lane,
        latest: arrived + patience,
        turn: Deferred.makeUnsafe(),
        startedAt: undefined
      }
      const serve = Effect.tapError(attempt, (reason) =>
        reason._tag === "RateLimitError" ? refused(waiter.startedAt ?? arrived, reason.retryAfter) : Effect.void
      )
      const enter = () => {
        start(waiter, arrived)
        outcomes.admitted.updateUnsafe(0, fiber.context)
        return serve
      }
      const served = isOpen(arrived, patience) ? enter() : Effect.andThen(takeTurn(caller, waiter, arrived), serve)
      return Effect.onExit(served, (exit) => {
        if (Exit.isSuccess(exit)) succeeded(waiter.startedAt ?? arrived, millisUnsafe(fiber))
        leave(waiter)
        return Effect.void
      })
    })

  return {
    pass,
    hold: (length) =>
      Effect.map(monotonicMillis, (now) => {
        const wait = Duration.toMillis(length)
        pace = Pace.spent(pace, now, wait)
        close(now, wait)
      })
  }
})
