import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { createServer, type Socket } from "node:net"
import { inspect } from "node:util"
import { connect } from "../src/redis/RedisClient.ts"

interface Server {
  readonly url: Redacted.Redacted
  /** Completes when a client has connected. */
  readonly accepted: Effect.Effect<void>
  readonly cut: () => void
  readonly close: () => void
}

/** A server that answers every command of Redis with OK, or accepts connections and stays silent. */
const server = (isSilent = false) =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const accepting = Latch.makeUnsafe(false)
      const sockets = new Set<Socket>()
      const listener = createServer((socket) => {
        sockets.add(socket)
        accepting.openUnsafe()
        socket.on("error", () => {})
        socket.on("data", (data) => {
          const commands = String(data).match(/^\*\d+\r$/gm) ?? []
          if (!isSilent) socket.write("+OK\r\n".repeat(commands.length))
        })
      })
      const cut = () => {
        for (const socket of sockets) socket.destroy()
      }
      const close = () => {
        listener.close()
        cut()
      }
      listener.listen(0, "127.0.0.1", () => {
        const address = listener.address()
        const port = address === null || typeof address === "string" ? 0 : address.port
        resume(
          Effect.succeed({
            url: Redacted.make(`redis://:sssh@127.0.0.1:${port}`),
            cut,
            close,
            accepted: accepting.await
          })
        )
      })
    }),
    ({ close }) => Effect.sync(close)
  )

describe("the client", () => {
  const logged: Array<unknown> = []
  const logger = Logger.layer([Logger.make(({ message }) => logged.push(message))])

  it.live("completes `closed` when the connection is lost, fails what is asked then, and logs nothing", () =>
    Effect.gen(function* () {
      const { cut, url } = yield* server()
      const client = yield* connect(url)
      assert.strictEqual(yield* client.run("release", "key", "owner"), "OK")
      cut()
      yield* client.closed
      assert.isTrue(Exit.isFailure(yield* Effect.exit(client.run("release", "key", "owner"))))
      assert.deepStrictEqual(logged, [])
    }).pipe(Effect.provide(logger))
  )

  it.live("fails where nothing listens, with the code of the error", () =>
    Effect.gen(function* () {
      const { close, url } = yield* server()
      close()
      const error = yield* Effect.flip(connect(url))
      assert.match(inspect(error), /ECONNREFUSED/)
      assert.notMatch(inspect(error, { depth: 9 }), /sssh/)
      assert.deepStrictEqual(logged, [])
    }).pipe(Effect.provide(logger))
  )

  it.live("can be closed while a silent Redis keeps it from connecting", () =>
    Effect.gen(function* () {
      const { accepted, url } = yield* server(true)
      const connecting = yield* Effect.forkChild(Effect.scoped(connect(url)))
      yield* accepted
      yield* Fiber.interrupt(connecting)
    })
  )
})
