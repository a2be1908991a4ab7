/**
 * The transport service, and the code that all platforms share. The layers are in other modules, so
 * that a program with its own transport does not load the default one.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { after } from "../Deadline.ts"
import type { InvalidRequestError, InvalidResponseError, TransportError } from "../TempCredentialError.ts"
import { type Answer, type Exchange, maxBytes, type Outgoing } from "./Exchange.ts"
import { late } from "./Failure.ts"
import * as Reading from "./Reading.ts"
import * as Wire from "./Wire.ts"

/** The transport service. `Transport` in `../Transport.ts` adds its constructors. */
export class Transport extends Context.Service<
  Transport,
  {
    readonly send: (request: Outgoing) => Effect.Effect<Answer, Failure>
    readonly sendWithin?: (request: Outgoing, milliseconds: number) => Effect.Effect<Answer, Failure>
  }
>()("@tempcred/core/Transport") {}

type Failure = TransportError | InvalidResponseError | InvalidRequestError

/** Makes a transport from a platform's sending function. */
export const make = (exchange: Exchange, note?: (url: URL) => string | undefined): Transport["Service"] => {
  const sendWithin = (outgoing: Outgoing, milliseconds: number): Effect.Effect<Answer, Failure> => {
    const refused = Wire.refuse(outgoing)
    if (refused !== undefined) return Effect.fail(refused)
    const way = () => ({ ...outgoing, note: note?.(outgoing.url) })
    if (milliseconds <= 0) return Effect.suspend(() => Effect.fail(late(milliseconds, way())))
    return Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      return Effect.callback((resume) => {
        const wire = Wire.make(outgoing)
        const sentAt = clock.currentTimeMillisUnsafe()
        let leave = () => {}
        const stop = after(fiber, milliseconds, () => {
          // A response that arrives during the abort is ignored, because the fiber has already resumed.
          resume(Effect.fail(late(milliseconds, way())))
          leave()
        })
        const done = (answer: Effect.Effect<Answer, Failure>) => {
          stop()
          resume(answer)
        }
        const receiver = Reading.make(way, outgoing.maxBytes ?? maxBytes, {
          read: (answer) => done(Effect.succeed({ ...answer, sentAt, receivedAt: clock.currentTimeMillisUnsafe() })),
          failed: (error) => done(Effect.fail(error))
        })
        leave = exchange(wire, receiver)
        return Effect.sync(() => {
          stop()
          leave()
        })
      })
    })
  }
  return Transport.of({ send: (outgoing) => sendWithin(outgoing, Number.POSITIVE_INFINITY), sendWithin })
}
