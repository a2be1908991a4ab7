import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { Writable } from "node:stream"
import { assert, describe, it } from "vitest"
import { during } from "../../src/cli/Printing.ts"
import { ProcessIO } from "../../src/cli/ProcessIO.ts"

/** Returns the output on stderr of work that takes so many milliseconds. */
const written = async (isTTY: boolean, milliseconds: number, env: Readonly<Record<string, string>> = {}) => {
  let text = ""
  const stderr = Object.assign(
    new Writable({
      write: (chunk, _, done) => {
        text += String(chunk)
        done()
      }
    }),
    { isTTY }
  )
  await Effect.gen(function* () {
    const work = Effect.as(Effect.sleep(milliseconds), "done")
    const fiber = yield* Effect.forkChild(during("minting")(work), { startImmediately: true })
    yield* TestClock.adjust(milliseconds)
    assert.strictEqual(yield* Fiber.join(fiber), "done")
  }).pipe(
    Effect.provideService(ProcessIO, { env, stdin: process.stdin, stdout: process.stdout, stderr }),
    Effect.provide(TestClock.layer()),
    Effect.runPromise
  )
  return text
}

describe("progress", () => {
  it("is not shown in the first half second", async () => {
    assert.strictEqual(await written(true, 499), "")
  })

  it("is shown after half a second, and cleared at the end", async () => {
    const text = await written(true, 700)
    assert.match(text, /minting …/)
    assert.isTrue(text.endsWith("\r\u001B[K"))
  })

  it("is not shown without a terminal, or at a dumb one", async () => {
    assert.strictEqual(await written(false, 5000), "")
    assert.strictEqual(await written(true, 5000, { TERM: "dumb" }), "")
  })
})
