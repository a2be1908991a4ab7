/**
 * Where every call to one vendor account waits for its turn: those who call take turns by lane, the one at the head waits out what holds it, and a wait that
 * would not fit into the caller's deadline is not begun. Nobody stands behind it: whoever leaves gives the turn to the next.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { monotonicMillis, remaining } from "../Deadline.ts"
import { Events } from "../Events.ts"
import * as FairQueue from "./FairQueue.ts"
import * as Pace from "./Pace.ts"
import { RateLimitError, type Reason, TransportError } from "../TempCredentialError.ts"

/** What all that share an account keep together, in one process or in several. */
export interface Limits {
  /** Takes a place, where the wait is 0; else tells after how many milliseconds to ask again. */
  readonly ask: Effect.Effect<{ readonly wait: number; readonly epoch: number }>
  /** Holds everybody for so many milliseconds, told by a call that was let through in this epoch. */
  readonly close: (epoch: number, milliseconds: number) => Effect.Effect<void>
}

/**
 * One caller at the gate: the lane that it shares with others of its kind, and whether it was here before with the same call and is let in ahead
 * of them.
 */
export interface Caller {
  readonly lane: string
  readonly again: boolean
}

/** The gate of one vendor account. */
export interface Gate {
  /** Runs a try when its turn has come. */
  readonly pass: <A, R>(caller: Caller, attempt: Effect.Effect<A, Reason, R>) => Effect.Effect<A, Reason, R>
  /** Holds everybody for so long, as an answer said that nothing is left until then. */
  readonly hold: (length: Duration.Duration) => Effect.Effect<void>
}

interface Waiter {
  readonly lane: string
  /** Until when it is worth starting, in monotonic milliseconds, as `startedAt`. */
  readonly latest: number
  readonly turn: Deferred.Deferred<void, RateLimitError>
  startedAt: number | undefined
}

/** What is known of the vendor beforehand. */
export interface Settings {
  /** How many calls a millisecond the limits allow, and how many at once. */
  readonly perMillisecond: number
  readonly burst: number
  /** How many calls are under way at most, before anything is learned. */
  readonly firstWindow: number
}

const waits = Metric.histogram("tempcred_gate_wait_milliseconds", {
  description: "How long calls waited for their turn to ask the vendor",
  boundaries: Metric.exponentialBoundaries({ start: 1, factor: 4, count: 8 })
})

/** Wakes whoever waits for it at that moment. */
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
    detail: "the vendor was not asked, as no turn comes before the deadline"
  })

const noTurn = new TransportError({ timedOut: true, detail: "calls under way left no place before the deadline" })

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
  /** How long a call takes, smoothed. */
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
  const start = (waiter: Waiter, now: number, waited: boolean) => {
    waiter.startedAt = now
    pace = Pace.started(pace, now, waited)
    next()
  }
  const leave = (waiter: Waiter) => {
    if (waiter.startedAt !== undefined) {
      pace = Pace.ended(pace)
      back.send()
    } else if (head === waiter) next()
    else queue.remove(waiter.lane, waiter)
  }
  /** Tells those who cannot wait so long at once, instead of at their deadline. */
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

  /** How long it takes at least until one more in this lane has its turn. */
  const expected = (lane: string, again: boolean, now: number): number => {
    const rate = Math.min(Pace.rate(pace, now) ?? Number.POSITIVE_INFINITY, settings.perMillisecond)
    const before = again || rate === Number.POSITIVE_INFINITY ? 0 : queue.before(lane) + 1 - settings.burst
    return Pace.held(pace, now) + Math.max(0, before) / rate
  }

  const admit = Effect.fnUntraced(function* (waiter: Waiter): Effect.fn.Return<number, RateLimitError> {
    while (true) {
      const now = yield* monotonicMillis
      const own = Pace.wait(pace, now)
      if (own === Number.POSITIVE_INFINITY) {
        yield* back.wait
        continue
      }
      const { epoch, wait } = own > 0 ? { epoch: 0, wait: own } : yield* limits.ask
      if (wait <= 0) {
        start(waiter, yield* monotonicMillis, true)
        return epoch
      }
      dismiss(now, wait)
      if (now + wait >= waiter.latest) return yield* tooLong(wait)
      // In whole milliseconds, as timers are; the pace makes up for it.
      yield* Effect.timeoutOption(closing.wait, Math.ceil(wait))
    }
  })

  const refused = Effect.fnUntraced(function* (startedAt: number, epoch: number, asked: Duration.Duration | undefined) {
    const now = yield* monotonicMillis
    const known = Pace.held(pace, now) > 0
    pace = Pace.refused(pace, now, startedAt, asked === undefined ? undefined : Duration.toMillis(asked))
    const hold = Pace.held(pace, now)
    if (hold <= 0) return
    close(now, hold)
    if (!known) yield* publish({ _tag: "GateClosed", provider, milliseconds: Math.ceil(hold) })
    yield* limits.close(epoch, hold)
  })

  const succeeded = (startedAt: number, now: number) => {
    pace = Pace.succeeded(pace, now)
    usual += (now - startedAt - usual) / 8
  }

  const pass: Gate["pass"] = Effect.fnUntraced(function* ({ again, lane }, attempt) {
    const arrived = yield* monotonicMillis
    const left = yield* remaining
    // A call that begins too late to be answered in time only leaves a credential that nobody holds.
    const patience = left - Math.min(left / 2, usual * 1.5)
    const waiter: Waiter = { lane, latest: arrived + patience, turn: Deferred.makeUnsafe(), startedAt: undefined }
    const count = (name: keyof typeof outcomes) =>
      Effect.flatMap(monotonicMillis, (now) => Metric.update(outcomes[name], now - arrived))

    const turn = Effect.suspend(() => {
      const wait = expected(lane, again, arrived)
      if (wait >= patience) return Effect.fail(tooLong(wait))
      join(waiter, again)
      return Effect.andThen(Deferred.await(waiter.turn), admit(waiter))
    }).pipe(
      Effect.timeoutOrElse({
        duration: patience,
        orElse: () => {
          const wait = expected(lane, again, waiter.latest)
          return Effect.fail(wait > 0 ? tooLong(wait) : noTurn)
        }
      }),
      Effect.tap(() => count("admitted")),
      Effect.tapError(() => count("refused"))
    )
    /** Where nobody waits and nothing holds, no wait is timed. */
    const enter = Effect.suspend(() => {
      const isUnlimited = settings.perMillisecond === Number.POSITIVE_INFINITY
      if (head !== undefined || !isUnlimited || patience <= 0 || Pace.wait(pace, arrived) > 0) return turn
      start(waiter, arrived, false)
      return Effect.as(count("admitted"), 0)
    })
    return yield* enter.pipe(
      Effect.flatMap((epoch) => {
        const startedAt = waiter.startedAt ?? arrived
        return attempt.pipe(
          Effect.tap(() => Effect.map(monotonicMillis, (now) => succeeded(startedAt, now))),
          Effect.tapError((reason) =>
            reason._tag === "RateLimitError" ? refused(startedAt, epoch, reason.retryAfter) : Effect.void
          )
        )
      }),
      Effect.ensuring(Effect.sync(() => leave(waiter)))
    )
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
