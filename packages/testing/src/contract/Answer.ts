/** The clauses on a vendor's responses. */
import { assert } from "@effect/vitest"
import * as Connection from "@tempcred/core/Connection"
import { Purpose } from "@tempcred/core/Purpose"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Changes, Clause } from "./Trial.ts"
import { adding, capability, lifetime, reason } from "./Checks.ts"

const unreadable = (name: string, reply: NonNullable<Changes["reply"]>): Clause => ({
  name,
  of: "calls",
  check: Effect.fnUntraced(function* (_, trial) {
    const { mint, requests } = trial({ reply, policy: { attempts: 3 } })
    const found = yield* reason(mint())
    assert.strictEqual(found._tag, "InvalidResponseError", found.message)
    assert.strictEqual(requests.length, 1)
  })
})

/** The clauses on answers. */
export const clauses: ReadonlyArray<Clause> = [
  {
    name: "connections have a placeholder for the token, and one is usable by clients",
    check: Effect.fnUntraced(function* ({ adapter }, trial) {
      for (const purpose of Purpose.literals.filter((one) => adapter.capabilities[one] !== undefined)) {
        const { connections, token } = yield* trial().mint({ purpose, subject: "user-1" })
        for (const connection of connections) {
          assert.notInclude(JSON.stringify(connection), Redacted.value(token))
          const filled = Connection.fill(connection, token)
          // A query parameter is encoded, and a whole URL is not. An SDK gets the token apart from the connection.
          if (connection.placement.in !== "sdk") {
            assert.include(decodeURIComponent(JSON.stringify(filled)), decodeURIComponent(Redacted.value(token)))
          }
          assert.match(filled.url, connection.kind === "websocket" ? /^wss?:/ : /^https?:/)
        }
        // Some vendors refuse browsers over HTTP, and some purposes have only HTTP.
        assert.isTrue(connections.some(({ kind, where }) => kind === "http" || where !== "server"))
      }
    })
  },
  {
    name: "a vendor's clock that is ten minutes off does not move the expiry, unless it is fast and the expiry was sent as a moment",
    of: "calls",
    check: Effect.fnUntraced(function* (examined, trial) {
      const seconds = capability(examined).ttlSeconds.max
      for (const offset of [600_000, -600_000]) {
        const clock = { now: () => Date.now() + offset, after: (_: number, run: () => void) => (run(), () => {}) }
        const credential = yield* trial({ emulator: { clock } }).mint({ ttl: Duration.seconds(seconds) })
        const sooner = examined.told === "moment" ? Math.max(0, offset / 1000) : 0
        assert.closeTo(lifetime(credential), seconds - sooner, 3)
      }
    })
  },
  {
    name: "a slow response does not extend the lifetime",
    of: "calls",
    check: Effect.fnUntraced(function* (examined, trial) {
      let answered = 0
      const reply = async (response: Response) => {
        answered = Date.now()
        return new Promise<Response>((resolve) => setTimeout(resolve, 30, response))
      }
      const { expiresAt } = yield* trial({ reply }).mint()
      const seconds = capability(examined).ttlSeconds.default
      assert.isAtMost(DateTime.toEpochMillis(expiresAt), answered + seconds * 1000)
    })
  },
  {
    name: "unknown fields of a response are ignored",
    of: "calls",
    check: Effect.fnUntraced(function* (_, trial) {
      yield* trial({ reply: adding({ unexpected: { deep: [1] } }) }).mint()
    })
  },
  unreadable("a response without the token is an InvalidResponseError, and is not retried", async ({ status }) =>
    Response.json({}, { status })
  ),
  {
    name: "a response with the long-lived key as its token is an InvalidResponseError, and is not retried",
    of: "calls",
    check: Effect.fnUntraced(function* (_, trial) {
      const bodies: Array<string> = []
      const keep = async (response: Response) => {
        bodies.push(await response.clone().text())
        return response
      }
      const { emulator, mint: mintOnce } = trial({ reply: keep })
      const token = Redacted.value((yield* mintOnce()).token)
      const key = emulator.apiKey
      for (const spelling of [key, encodeURIComponent(`Bearer ${key}`), btoa(key)]) {
        // A token that is a URL must stay a URL.
        const echoed = /^wss?:/.test(token) ? `${token}&key=${encodeURIComponent(spelling)}` : spelling
        const text = bodies.join().replaceAll(JSON.stringify(token), JSON.stringify(echoed))
        const reply = async ({ headers, status }: Response) => new Response(text, { headers, status })
        const { mint, requests } = trial({ reply, policy: { attempts: 3 } })
        const found = yield* reason(mint())
        assert.strictEqual(found._tag, "InvalidResponseError", found.message)
        assert.strictEqual(requests.length, 1)
        assert.match(found.message, /long-lived key/)
        assert.notInclude(found.message, spelling)
      }
    })
  },
  unreadable(
    "a response over 64 KiB is an InvalidResponseError, and is not retried",
    adding({ fill: "x".repeat(70_000) })
  )
]
