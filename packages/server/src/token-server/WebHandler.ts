/** The door for web requests: built when the first one comes, and closed once. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { makeProblem } from "@tempcred/core/TokenEndpoint"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpEffect from "effect/http/HttpEffect"
import * as HttpRouter from "effect/http/HttpRouter"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Scope from "effect/Scope"
import type { Authenticator } from "../Authenticator.ts"
import { ClosedError } from "./ClosedError.ts"
import type { Options, TokenServer } from "../TokenServer.ts"
import * as Responses from "./Responses.ts"
import * as Routes from "./Routes.ts"
import * as Tracing from "./Tracing.ts"

/** A server that is built: what answers, and what stops it. */
class Opened extends Context.Service<
  Opened,
  { readonly fetch: (request: Request) => Promise<Response>; readonly drain: Effect.Effect<void> }
>()("@tempcred/server/TokenServer/Opened") {}

const opened = (options: Options) =>
  Layer.unwrap(
    Effect.map(Routes.make(options), ({ admission, door, routes }) =>
      Layer.effect(
        Opened,
        Effect.gen(function* () {
          const answer = door(yield* HttpRouter.HttpRouter)
          const context = Context.merge(yield* Effect.context(), Tracing.instead)
          const fetch = HttpEffect.toWebHandlerWith<never, HttpServerRequest | Scope.Scope>(context)(answer)
          return { fetch, drain: admission.drain }
        })
      ).pipe(Layer.provideMerge(routes), Layer.provide(HttpRouter.layer))
    )
  )

const closed = (): Response =>
  HttpServerResponse.toWeb(
    Responses.problem(makeProblem(503, "UnavailableError", "this endpoint has stopped", { retryAfter: 1 }))
  )

/** Makes the door of a server. */
export const make = (
  options: Options,
  services: Layer.Layer<TempCredentialProvider | Authenticator, ConfigurationError>
): TokenServer => {
  const runtime = ManagedRuntime.make(Layer.provide(opened(options), services))
  let built: Opened["Service"] | undefined
  let closing: Promise<void> | undefined
  const open = async () => {
    if (closing !== undefined) throw new ClosedError({})
    const exit = await runtime.runPromiseExit(Opened)
    if (Exit.isSuccess(exit)) return (built = exit.value)
    // Only closing interrupts what is being built.
    throw Cause.hasInterruptsOnly(exit.cause) ? new ClosedError({}) : Cause.squash(exit.cause)
  }
  const answered = async (request: Request): Promise<Response> => {
    try {
      return await (built ?? (await open())).fetch(request)
    } catch (error) {
      if (error instanceof ClosedError) return closed()
      throw error
    }
  }
  const close = () => {
    closing ??= Effect.runPromise(built?.drain ?? Effect.void).then(async () => {
      built = undefined
      await runtime.dispose()
    })
    return closing
  }
  return {
    fetch: (request) => built?.fetch(request) ?? answered(request),
    ready: async () => {
      await open()
    },
    close,
    [Symbol.asyncDispose]: close
  }
}
