import * as Link from "@tempcred/core/Link"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redis from "effect/persistence/Redis"

const Store = Context.Service<"Store", string>("Store")

const secret = "sssh-a-password"

/** What is heard of the first outage of a link. */
const heard = Effect.fnUntraced(function* (layer: Layer.Layer<"Store", unknown>, ask: Effect.Effect<unknown, unknown>) {
  const reasons: Array<string> = []
  const link = yield* Link.make({
    tag: Store,
    layer,
    probe: () => Effect.void,
    limit: Duration.seconds(1),
    onDown: (reason) => Effect.sync(() => void reasons.push(reason)),
    onUp: Effect.void
  })
  yield* link(() => ask)
  return reasons.join()
})

const coded = (code: string) => Object.assign(new Error(`connect to ${secret}`), { code })

describe("an outage is told with the code of what went wrong, and with none of its words", () => {
  const causes: ReadonlyArray<readonly [cause: unknown, code: string]> = [
    [new Error(`WRONGPASS invalid username-password pair ${secret}`), ": WRONGPASS"],
    [new Error(`NOAUTH ${secret}`), ": NOAUTH"],
    [coded("ECONNREFUSED"), ": ECONNREFUSED"],
    [Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL", input: secret }), ": ERR_INVALID_URL"],
    [new Error("it failed", { cause: coded("ENOTFOUND") }), ": ENOTFOUND"],
    [coded(secret), ""],
    [new Error(`${secret.toUpperCase()} is wrong`), ""],
    [new Error(`SECRET ${secret}`), ""],
    [secret, ""],
    [undefined, ""]
  ]
  it.effect.each(causes)("%s", ([cause, code]) =>
    Effect.gen(function* () {
      const up = Layer.succeed(Store, "up")
      const failure = new Redis.RedisError({ cause })
      assert.strictEqual(yield* heard(Layer.effect(Store, Effect.fail(failure)), Effect.void), `no connection${code}`)
      assert.strictEqual(yield* heard(Layer.effect(Store, Effect.die(cause)), Effect.void), `no connection${code}`)
      assert.strictEqual(yield* heard(up, Effect.fail(failure)), `a request failed${code}`)
    })
  )
})
