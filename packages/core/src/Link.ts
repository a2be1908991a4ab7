/**
 * A connection that may fail at any time to a service that can be done without: what is asked of it is answered within a bound or not at all, and while
 * it is down nobody waits for it. One fiber keeps it: it connects, hears of trouble, and connects again with growing pauses.
 *
 * ```ts
 * import * as Link from "@tempcred/core/Link"
 * import * as Context from "effect/Context"
 * import * as Duration from "effect/Duration"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Option from "effect/Option"
 *
 * const Store = Context.Service<"Store", Map<string, string>>("Store")
 * const program = Effect.gen(function* () {
 *   const link = yield* Link.make({
 *     tag: Store,
 *     layer: Layer.succeed(Store, new Map([["greeting", "hello"]])),
 *     probe: () => Effect.void,
 *     limit: Duration.seconds(1),
 *     onDown: (reason) => Effect.sync(() => console.log(reason)),
 *     onUp: Effect.void
 *   })
 *   const answer = yield* link((store) => Effect.sync(() => store.get("greeting")))
 *   console.log(Option.getOrUndefined(answer)) // => hello
 *   yield* link(() => Effect.fail("no such store")) // => a request failed
 *   const none = yield* link(() => Effect.succeed("nobody is asked while it is down"))
 *   console.log(Option.isNone(none)) // => true
 * })
 * await Effect.runPromise(Effect.scoped(program))
 * ```
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"

/** A connection that takes longer is given up, as its peer may have vanished without a word. */
const connectLimit = Duration.seconds(10)

/** A connection that held this long was a good one: the pauses begin anew. */
const steady = Duration.seconds(30)

const closeLimit = Duration.millis(250)

const probePause = Duration.seconds(1)

/** In milliseconds, and doubled with each failure. */
const firstPause = 500

const longestPause = 10_000

/**
 * What a link needs to know.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<Id, Service, E> {
  readonly tag: Context.Key<Id, Service>
  readonly layer: Layer.Layer<Id, E>
  /** Asks for a sign of life. */
  readonly probe: (service: Service) => Effect.Effect<unknown, unknown>
  /** Bound on one exchange. */
  readonly limit: Duration.Duration
  /** Hears once that an outage began, with the code of what went wrong where the client tells one, such as `WRONGPASS` or `ECONNREFUSED`, and none of its words. */
  readonly onDown: (reason: string) => Effect.Effect<void>
  /** Hears once that it is over. */
  readonly onUp: Effect.Effect<void>
}

/**
 * Asks the service something: nothing comes back where it is down, fails, or does not answer in time.
 *
 * @category models
 * @since 0.1.0
 */
export type Link<Service> = <A, E>(ask: (service: Service) => Effect.Effect<A, E>) => Effect.Effect<Option.Option<A>>

/** One connection, from before it is there until the first trouble. */
interface Connection<Service> {
  readonly service: Deferred.Deferred<Service, string>
  readonly trouble: Deferred.Deferred<void>
}

/**
 * Opens a link whose keeper lives as long as the scope; it does not wait for the connection.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* <Id, Service, E>(
  options: Options<Id, Service, E>
): Effect.fn.Return<Link<Service>, never, Scope.Scope> {
  let connection: Connection<Service> = { service: Deferred.makeUnsafe(), trouble: Deferred.makeUnsafe() }
  let isDown = false

  const down = (broken: Connection<Service>, reason: string) =>
    Effect.suspend(() => {
      if (broken !== connection) return Effect.void
      const announce = isDown ? Effect.void : options.onDown(reason)
      isDown = true
      // One that is still being made may come to be good.
      const part = Deferred.isDoneUnsafe(broken.service) ? Deferred.succeed(broken.trouble, undefined) : Effect.void
      return Effect.andThen(part, announce)
    })
  const up = Effect.suspend(() => {
    const announce = isDown ? options.onUp : Effect.void
    isDown = false
    return announce
  })
  const absent = "no connection"
  const late = `no answer within ${Duration.format(options.limit)}`

  const keep = Effect.fnUntraced(function* (current: Connection<Service>) {
    const { building } = yield* Effect.acquireRelease(begin(options.layer), end)
    const built = yield* Fiber.join(building).pipe(
      Effect.map((context) => Context.get(context, options.tag)),
      Effect.tap((service) => answering(options, service)),
      Effect.timeout(connectLimit),
      // A client may also throw, as over a malformed URL.
      Effect.catchCause((cause) => Effect.fail(coded(absent, Cause.squash(cause)))),
      Effect.result
    )
    if (built._tag === "Failure") {
      yield* down(current, built.failure)
      yield* Deferred.fail(current.service, built.failure)
      return false
    }
    yield* Deferred.succeed(current.service, built.success)
    yield* up
    const since = yield* Clock.monotonicTimeNanos
    yield* Deferred.await(current.trouble)
    const held = Duration.nanos((yield* Clock.monotonicTimeNanos) - since)
    return Duration.isGreaterThanOrEqualTo(held, steady)
  }, Effect.scoped)

  const keeper = Effect.gen(function* () {
    let failures = 0
    while (true) {
      const wasSteady = yield* keep(connection)
      failures = wasSteady ? 0 : failures + 1
      connection = { service: Deferred.makeUnsafe(), trouble: Deferred.makeUnsafe() }
      const pause = Math.min(longestPause, firstPause * 2 ** failures)
      yield* Effect.sleep(pause * (0.5 + (yield* Random.next) / 2))
    }
  })
  yield* Effect.forkScoped(keeper)

  return Effect.fnUntraced(function* <A, E2>(ask: (service: Service) => Effect.Effect<A, E2>) {
    if (isDown) return Option.none<A>()
    const asked = connection
    const answer = yield* Deferred.await(asked.service).pipe(
      Effect.flatMap((service) => Effect.mapError(ask(service), (error) => coded("a request failed", error))),
      Effect.timeoutOrElse({ duration: options.limit, orElse: () => Effect.fail(late) }),
      Effect.result
    )
    if (answer._tag === "Success") return Option.some(answer.success)
    yield* down(asked, answer.failure)
    return Option.none<A>()
  })
})

/** What Redis begins its refusals with. */
const refusals = new Set(
  "BUSY CLUSTERDOWN DENIED ERR LOADING MASTERDOWN MISCONF NOAUTH NOPERM OOM READONLY WRONGPASS".split(" ")
)

/** The code of an error, or of what it stems from. Its words are left out, as they may hold what it was asked with. */
const codeOf = (error: unknown, depth: number = 0): string | undefined => {
  if (!Predicate.isObject(error) || depth > 4) return undefined
  const code = "code" in error ? error.code : undefined
  if (typeof code === "string" && /^[A-Z][A-Z_]{2,39}$/.test(code)) return code
  const [word = ""] = "message" in error && typeof error.message === "string" ? error.message.split(" ", 1) : []
  if (refusals.has(word)) return word
  return codeOf("cause" in error ? error.cause : undefined, depth + 1)
}

const coded = (reason: string, error: unknown): string => {
  const code = codeOf(error)
  return code === undefined ? reason : `${reason}: ${code}`
}

/** Waits until the service answers as fast as it must. */
const answering = <Id, Service, E>(options: Options<Id, Service, E>, service: Service): Effect.Effect<void, unknown> =>
  Effect.flatMap(Effect.timed(options.probe(service)), ([took]) =>
    Duration.isLessThanOrEqualTo(took, options.limit)
      ? Effect.void
      : Effect.andThen(
          Effect.sleep(probePause),
          Effect.suspend(() => answering(options, service))
        )
  )

/** A layer that is being built, or was, by a fiber that nobody has to wait for. */
interface Build<Id, E> {
  readonly building: Fiber.Fiber<Context.Context<Id>, E>
  readonly scope: Scope.Closeable
}

/** Begins to build: that may take for ever where its peer is silent, and not even end when it is interrupted. */
const begin = Effect.fnUntraced(function* <Id, E>(layer: Layer.Layer<Id, E>): Effect.fn.Return<Build<Id, E>> {
  const scope = yield* Scope.make()
  const building = yield* Effect.forkDetach(Layer.buildWithScope(Layer.fresh(layer), scope))
  return { building, scope }
})

/** Ends the build and closes what it made. Both may wait for answers that never come; then they go on by themselves, as nothing can hurry them. */
const end = <Id, E>({ building, scope }: Build<Id, E>): Effect.Effect<void> =>
  Effect.forkDetach(Effect.andThen(Fiber.interrupt(building), Scope.close(scope, Exit.void))).pipe(
    Effect.flatMap((ending) => Effect.interruptible(Fiber.await(ending))),
    Effect.timeoutOption(closeLimit),
    Effect.asVoid
  )
