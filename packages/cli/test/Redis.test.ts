import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { assert, describe, it } from "vitest"
import { redis } from "../src/Redis.ts"
import { deadPort, redisServer } from "./program.ts"

/** Connects, and gives what is logged until `then` is done or the connection fails. */
const logged = async (url: string, then: () => Promise<void> = async () => {}) => {
  const lines: Array<unknown> = []
  const logger = Logger.make(({ message }) => lines.push(message))
  const connected = Effect.andThen(
    Layer.build(redis(url)),
    Effect.promise(() => then())
  )
  const exit = await Effect.runPromiseExit(Effect.provide(Effect.scoped(connected), Logger.layer([logger])))
  return { exit: exit._tag, lines }
}

describe("the client of a Redis", () => {
  it("logs nothing where there is none: who wants one tells that it is away", async () => {
    const { exit, lines } = await logged(`redis://127.0.0.1:${await deadPort()}`)
    assert.deepStrictEqual([exit, lines], ["Failure", []])
  })

  it("logs nothing where it was cut off, and comes back", async () => {
    const { cut, url } = await redisServer()
    const { exit, lines } = await logged(url, cut)
    assert.deepStrictEqual([exit, lines], ["Success", []])
  })
})
