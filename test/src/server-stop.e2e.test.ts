/** An endpoint that is told to end while clients ask it. */
import * as Soniox from "@tempcred/emulator/Soniox"
import { setTimeout as sleep } from "node:timers/promises"
import { assert, it } from "vitest"
import { until } from "./support/fleet.ts"
import * as Endpoint from "./support/endpoint.ts"

it("a stop under load loses no answer that was under way, and refuses what comes", async () => {
  await using endpoint = await Endpoint.make()
  const { emulator, ended, origin, terminate } = endpoint
  emulator.faults.add(Soniox.mintRoute, { delay: 400 }, 100_000)
  const outcomes: Array<Endpoint.Outcome> = []
  let open = 0
  const run = async (number: number): Promise<void> => {
    const { ask, close } = Endpoint.client(origin, `user-${number}`)
    await sleep(number * 8)
    for (;;) {
      open += 1
      const outcome = await ask()
      open -= 1
      outcomes.push(outcome)
      // Who is refused goes elsewhere for a while.
      if (outcome.error !== undefined) return close()
      await sleep(outcome.status === 503 ? 60 : 5)
    }
  }
  const clients = Array.from({ length: 60 }, (_, number) => run(number))
  await until(() => outcomes.length > 100 && open > 40)
  const stoppedAt = performance.now()
  terminate()
  await Promise.all(clients)

  const sent = (before: boolean) => outcomes.filter(({ sentAt }) => sentAt < stoppedAt === before)
  const answers = sent(true).map(({ error, status }) => error ?? status)
  // What was still on its way to the endpoint when the signal came may be refused, too.
  assert.deepStrictEqual(
    answers.filter((answer) => answer !== 201 && answer !== 503),
    []
  )
  const created = outcomes.filter(({ status }) => status === 201)
  assert.strictEqual(created.length, emulator.log.length, "every credential that was minted reached its client")
  assert.isAtLeast(created.filter(({ milliseconds, sentAt }) => sentAt + milliseconds > stoppedAt).length, 10)
  const refused = sent(false).filter(({ status }) => status === 503)
  assert.isAbove(refused.length, 0)
  for (const { retryAfter, type } of refused)
    assert.deepStrictEqual([type, retryAfter], ["application/problem+json", "1"])
  const others = sent(false).filter(({ status }) => status !== 503)
  for (const { error, status } of others) {
    // What was sent when the signal was on its way is still served; what finds the port closed is refused.
    assert.isTrue(status === 201 || error === "ECONNREFUSED" || error === "ECONNRESET", `${status} ${error}`)
  }
  assert.strictEqual(await ended, 0)
  assert.isBelow(performance.now() - stoppedAt, 20_000)
})
