import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { afterEach, assert, describe, it, vi } from "vitest"
import { during } from "../src/Progress.ts"

const { stderr } = process
const own = Object.getOwnPropertyDescriptors(stderr)

const pretend = (terminal: boolean): void => {
  Object.defineProperty(stderr, "isTTY", { value: terminal, configurable: true, writable: true })
  Object.defineProperty(stderr, "hasColors", { value: () => false, configurable: true, writable: true })
}

const restore = (name: "isTTY" | "hasColors"): void => {
  const descriptor = own[name]
  if (descriptor === undefined) Reflect.deleteProperty(stderr, name)
  else Object.defineProperty(stderr, name, descriptor)
}

/** What is written to stderr while something takes so many milliseconds. */
const written = (terminal: boolean, milliseconds: number): Promise<string> => {
  pretend(terminal)
  const write = vi.spyOn(stderr, "write").mockReturnValue(true)
  return Effect.gen(function* () {
    const work = Effect.as(Effect.sleep(milliseconds), "done")
    const fiber = yield* Effect.forkChild(during("minting")(work), { startImmediately: true })
    yield* TestClock.adjust(milliseconds)
    assert.strictEqual(yield* Fiber.join(fiber), "done")
    return write.mock.calls.map(([text]) => String(text)).join("")
  }).pipe(Effect.provide(TestClock.layer()), Effect.runPromise)
}

describe("progress", () => {
  afterEach(() => {
    vi.restoreAllMocks()
    restore("isTTY")
    restore("hasColors")
  })

  it("is not shown of what takes half a second", async () => {
    assert.strictEqual(await written(true, 499), "")
  })

  it("is shown of what takes longer, and cleared", async () => {
    const text = await written(true, 700)
    assert.match(text, /minting …/)
    assert.isTrue(text.endsWith("\r\u001B[K"))
  })

  it("is not shown where stderr is no terminal", async () => {
    assert.strictEqual(await written(false, 5000), "")
  })
})
